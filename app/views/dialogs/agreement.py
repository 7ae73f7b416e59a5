"""Dialog of agreement: how far two people agree, what that means, and where not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.language import in_language, tr
from app.services.review.agreement import AgreementService
from app.services.review.settling import Pair
from app.views.dialogs.list_parts import (
    button_row,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import ChoiceBox, resize_columns
from skelseg_core.errors import SkelsegError
from skelseg_core.files import atomic_write
from skelseg_core.labels.agreement.bootstrap import FEW_VIDEOS
from skelseg_core.labels.agreement.meanings import (
    CONFUSION,
    DEVIATION,
    INTERVAL,
    MEANINGS,
)
from skelseg_core.labels.agreement.report import DEFAULT_COLLAR, PairAgreement
from skelseg_core.labels.agreement.tables import (
    NOTHING,
    confused,
    deviation_row,
    histogram,
    shown,
    signed,
    written,
)
from skelseg_core.project.project import ANNOTATION
from skelseg_core.tasks.agreement import shown_lane

MOST_COLLAR = 1000
"""Largest collar in frames that can be chosen."""


class AgreementDialog(QDialog):
    """Show the figures of two lanes; a row leads to the place where it is worst."""

    def __init__(
        self, service: AgreementService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Agreement"))
        self._service = service
        self.lanes = service.lanes()
        names = [_named(lane) for lane in self.lanes]
        self.first = ChoiceBox(self.tr("First"), names)
        self.second = ChoiceBox(self.tr("Second"), names)
        self.range = ChoiceBox(
            self.tr("Videos"), [self.tr("All videos"), self.tr("This video")]
        )
        self.collar = QSpinBox()
        self.summary, self.meaning, self.notes = Label(), Label(), Label()
        self.figures = row_table(
            self.tr("Figures"), (self.tr("Figure"), self.tr("Value and interval")), 0
        )
        self.boundaries = row_table(
            self.tr("Boundaries"),
            (
                *(self.tr("Before"), self.tr("After"), self.tr("Both")),
                *(self.tr("Median"), self.tr("Distance"), self.tr("90 %")),
                *(self.tr("First only"), self.tr("Second only")),
            ),
            1,
        )
        self.confusion = row_table(
            self.tr("Confusion"),
            (
                *(self.tr("First says"), self.tr("Second says")),
                *(self.tr("Frames"), self.tr("Without boundaries")),
            ),
            1,
        )
        self.tabs = QTabWidget()
        self.go = push_button(self.tr("Go there"), self._on_go)
        self.settle = push_button(self.tr("Settle disagreements"), self._on_settle)
        self.save = push_button(self.tr("Save…"), self._on_save)
        self._lay_out()
        first, second = service.usual()
        self.first.setCurrentIndex(self.lanes.index(first))
        self.second.setCurrentIndex(self.lanes.index(second))
        for box in (self.first, self.second, self.range):
            box.activated.connect(lambda _: self._measure())
        self.collar.valueChanged.connect(lambda _: self._measure())
        self.tabs.currentChanged.connect(lambda _: self._explain())
        for table in self._tables:
            table.itemSelectionChanged.connect(self._explain)
            table.itemActivated.connect(lambda _: self._on_go())
        service.changed.connect(self._refresh)
        service.failed.connect(self._tell)
        self._measure()

    @property
    def _tables(self) -> tuple[QTableWidget, ...]:
        return self.figures, self.boundaries, self.confusion

    def _lay_out(self) -> None:
        self.collar.setRange(0, MOST_COLLAR)
        self.collar.setValue(DEFAULT_COLLAR)
        self.collar.setKeyboardTracking(False)
        self.collar.setSuffix(self.tr(" frames"))
        self.collar.setAccessibleName(self.tr("Collar"))
        self.collar.setToolTip(
            self.tr("Some figures leave out these frames on each side of a boundary")
        )
        head = QHBoxLayout()
        for text, field in (
            ("", self.first),
            (self.tr("and"), self.second),
            ("", self.range),
            (self.tr("Collar"), self.collar),
        ):
            if text:
                head.addWidget(Label(text))
            head.addWidget(field, int(field is not self.collar))
        for text, table in zip(
            (self.tr("Figures"), self.tr("Boundaries"), self.tr("Confusion")),
            self._tables,
            strict=True,
        ):
            self.tabs.addTab(table, text)
        self.figures.horizontalHeader().resizeSection(1, 240)
        for table, widths in (
            (self.boundaries, {0: 150, 2: 60, 3: 70, 4: 80, 5: 60, 6: 80, 7: 90}),
            (self.confusion, {0: 220, 2: 90, 3: 150}),
        ):
            resize_columns(table.horizontalHeader(), widths.items())
        for label in (self.summary, self.meaning, self.notes):
            label.setWordWrap(True)
        # Four lines are kept for it, so that the table stands still.
        self.meaning.setMinimumHeight(4 * self.meaning.fontMetrics().lineSpacing())
        self.meaning.setAlignment(Qt.AlignmentFlag.AlignTop)
        theme.set_tone(self.notes, "dim")
        self.settle.setProperty("primary", True)
        body = dialog_column(self)
        body.addLayout(head)
        body.addWidget(self.summary)
        body.addWidget(self.tabs, 1)
        body.addWidget(self.meaning)
        body.addWidget(self.notes)
        body.addLayout(button_row(self, (self.settle, self.go, self.save)))
        self.resize(820, 640)

    # -- what is measured -------------------------------------------------------------

    @property
    def _chosen(self) -> tuple[str, str]:
        return (
            self.lanes[self.first.currentIndex()],
            self.lanes[self.second.currentIndex()],
        )

    @property
    def _only(self) -> str:
        """Id of the only video that counts; empty for all."""
        video = self._service.current.session.video_id
        return video if self.range.currentIndex() else ""

    def _measure(self) -> None:
        self._service.measure(*self._chosen, self.collar.value(), self._only)

    def _tell(self, text: str) -> None:
        self.summary.setText(text)

    # -- what is shown ----------------------------------------------------------------

    def _refresh(self) -> None:
        pair, found = self._service.pair, self._service.found
        for button in (self.settle, self.save):
            button.setEnabled(pair is not None)
        if pair is None or found is None:
            if self._service.is_measuring:
                self.summary.setText(self.tr("Measuring…"))
            elif found is not None:
                self.summary.setText(self.tr("No video has labels by both."))
            for table in self._tables:
                table.setRowCount(0)
            self.notes.clear()
            self._explain()
            return
        n = pair.n_videos
        self.summary.setText(
            self.tr("Videos: {} of {}; frames labelled by both: {}").format(
                f"{n:,}",
                f"{len(self._service.current.document.project.film_ids):,}",
                f"{pair.n_compared:,}",
            )
        )
        interval = tr(INTERVAL).format(FEW_VIDEOS) if n >= FEW_VIDEOS else ""
        self.notes.setText(" ".join([*map(in_language, found.notes), interval]).strip())
        names = found.agreement.class_names
        _fill(
            self.figures,
            [
                (tr(MEANINGS[name].title), shown(figure))
                for name, figure in pair.figures.items()
            ]
            + [
                (
                    self.tr("All {}: {}").format(
                        len(found.agreement.lanes), tr(MEANINGS[name].title)
                    ),
                    shown(figure),
                )
                for name, figure in found.agreement.together.items()
            ],
        )
        _fill(
            self.boundaries,
            [deviation_row(c, one, names) for c, one in pair.deviations.items()],
        )
        _fill(
            self.confusion,
            [
                (names[a], names[b], f"{n_frames:,}", f"{inside:,}")
                for a, b, n_frames, inside in confused(pair)
            ],
        )
        for table in self._tables:
            if table.rowCount():
                table.selectRow(0)
        self._explain()

    def _explain(self) -> None:
        """Say what the selected row means, and when it misleads."""
        pair, row = self._service.pair, self._table.currentRow()
        self.go.setEnabled(self._place(pair) is not None)
        text = ""
        if pair is not None and row >= 0:
            text = {
                self.figures: self._meaning,
                self.boundaries: self._deviations,
                self.confusion: lambda *_: tr(CONFUSION),
            }[self._table](pair, row)
        self.meaning.setText(text)

    @property
    def _table(self) -> QTableWidget:
        return self._tables[self.tabs.currentIndex()]

    def _meaning(self, pair: PairAgreement, row: int) -> str:
        found = self._service.found
        together = () if found is None else found.agreement.together
        return tr(MEANINGS[[*pair.figures, *together][row]].sentence)

    def _deviations(self, pair: PairAgreement, row: int) -> str:
        counts = histogram(list(pair.deviations.values())[row])
        parts = [f"{signed(frames)}: {n:,}" for frames, n in counts.items()]
        return f"{', '.join(parts) or NOTHING}\n{tr(DEVIATION)}"

    # -- what the buttons do ----------------------------------------------------------

    def _classes(self, pair: PairAgreement) -> tuple[int, int] | None:
        """Return the classes of the selected row, as their place in the list."""
        row = self._table.currentRow()
        if row < 0 or self._table is self.figures:
            return None
        if self._table is self.boundaries:
            return list(pair.deviations)[row]
        a, b, _, _ = confused(pair)[row]
        return a, b

    def _place(self, pair: PairAgreement | None) -> tuple[str, int] | None:
        """Return the place where the selected row is worst, or None."""
        if pair is None:
            return None
        classes = self._classes(pair)
        if classes is None:
            return next(iter(pair.most_confused.values()), None)
        at = pair.furthest if self._table is self.boundaries else pair.most_confused
        return at.get(classes)

    def _on_go(self) -> None:
        place = self._place(self._service.pair)
        if place is not None:
            self._service.go_to(place)

    def _on_settle(self) -> None:
        """Settle in the current video: what the selected row confuses, or all."""
        pair, only = self._service.pair, None
        if pair is None:
            return
        classes = self._classes(pair)
        if classes is not None and self._table is self.confusion:
            only = self._ids(classes)
            self._on_go()
        self.accept()
        self._service.settle(only)

    def _ids(self, classes: tuple[int, int]) -> Pair:
        ids = self._service.current.classes.ids
        first, second = classes
        return ids[first], ids[second]

    def _on_save(self) -> None:
        figures = self.tr("Text (*.txt);;Table (*.csv);;JSON (*.json)")
        blocks = self.tr("Disagreements and decisions (*.csv)")
        name, kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save figures or disagreements"),
            "agreement.txt",
            f"{figures};;{blocks}",
            options=QFileDialog.Option.DontUseNativeDialog,
        )
        found = self._service.found
        if name and kind == blocks:
            path = Path(name)
            path = path if path.suffix == ".csv" else path.with_suffix(".csv")
            said = self.tr("Saved as {}.").format(path.name)
            self._service.save_disagreements(
                path, *self._chosen, self._only, lambda: self._tell(said)
            )
        elif name and found is not None:
            path = Path(name)
            text = written(path.suffix, found.agreement, found.notes, shown_lane)
            try:
                atomic_write(path, text)
            except SkelsegError as error:
                self._tell(in_language(error))
                return
            self._tell(self.tr("Saved as {}.").format(path.name))


def _fill(table: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    table.setRowCount(len(rows))
    for n, cells in enumerate(rows):
        for column, text in enumerate(cells):
            table.setItem(n, column, QTableWidgetItem(text))


def _named(lane: str) -> str:
    return tr("Annotation") if lane == ANNOTATION else shown_lane(lane)


def show_agreement(
    parent: QWidget, service: AgreementService, refuse: Callable[[str], object]
) -> AgreementDialog | None:
    """Open the dialog; None where there are not two people to compare."""
    if len(service.lanes()) < 2:
        refuse(
            tr(
                "Only one person has labelled here. Use “Import another annotator's "
                "labels”."
            )
        )
        return None
    dialog = AgreementDialog(service, parent)
    dialog.show()
    dialog.figures.setFocus()
    return dialog
