"""Show what an import of labels will do, with its choices, before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language
from app.kit.plural import plural
from app.services.files.label_importer import LabelImporter
from app.views.dialogs.ask_paths import ask_folder
from app.views.dialogs.choice_fields import OneOf
from app.views.dialogs.list_parts import (
    accept_or_cancel,
    dialog_column,
    push_button,
    row_table,
)
from app.views.fields import resize_columns
from skelseg_core.choices import declared
from skelseg_core.file_names import portable_name
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_plan import ImportPlan, PlannedVideo
from skelseg_core.project.tracks import TrackKey
from skelseg_core.said import listed

_SIZE = (880, 560)
"""Size of the dialog in pixels; it fits a screen of 1366 x 768."""
_HIGHEST_RATE = 1000.0
_FIXED = QSizePolicy.Policy.Fixed
_TYPING_MS = 250
"""Milliseconds after the last letter of a name until the import is planned anew."""
_TRACKS_PX = 96
"""Height of the list of tracks in pixels at most: some four of them."""
MOST_SHOWN = 200
"""Videos and sentences that are listed, at most: all are imported."""
_NUMBERS = 2
"""First column of the table that holds numbers."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

_TIER, _PERSON = 1, 2
"""Columns of the table of tiers and people."""
_INTO_PX, _NAME_PX = 132, 180
"""Height of that table, and width of these columns, in pixels."""
_CHOICES = {one.name: one for one in declared(ImportChoices)}


class ImportLabelsDialog(QDialog):
    """The videos that get labels, what becomes of each label, and the choices.

    Import is one step of undo; before it nothing is changed.
    """

    def __init__(self, importer: LabelImporter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import labels"))
        self._importer = importer
        self.about = Label()
        self.table = row_table(
            self.tr("Videos that get labels"),
            [
                self.tr("Video"),
                self.tr("From"),
                self.tr("Segments"),
                self.tr("Labelled"),
                self.tr("Overlaps"),
                self.tr("Labelled before"),
            ],
            1,
        )
        self.remarks, self.remark_area = Label(), QScrollArea()
        self.problem = Label()
        self.tracks = QListWidget()
        self.tracks.setAccessibleName(self.tr("Tracks"))
        self.tracks.setSelectionMode(QListWidget.SelectionMode.MultiSelection)
        self.tracks.setProperty("several", True)
        self.several = self._one_of("tracks")
        self.into = row_table(
            self.tr("Tiers and people"),
            [self.tr("In the file"), self.tr("Tier"), self.tr("Person")],
            0,
        )
        self._targets: dict[TrackKey, TrackKey | None] = {}
        self.video = QComboBox()
        self.lane = QComboBox()
        self.annotator = QLineEdit()
        self.annotator.setPlaceholderText(self.tr("Name of the annotator"))
        self.existing, self.overlap = self._one_of("existing"), self._one_of("overlap")
        self.unpaired, self.text = self._one_of("unpaired"), self._one_of("text")
        self.rate = QDoubleSpinBox()
        self.rate.setRange(0, _HIGHEST_RATE)
        self.rate.setDecimals(3)
        self.rate.setSpecialValueText(self.tr("as in the video"))
        self.rate.setSuffix(self.tr(" per second"))
        self.modifiers = QCheckBox(self.tr("Modifiers are part of the class"))
        self.columns = push_button(
            self.tr("Choose the columns…"), self._importer.ask_columns
        )
        self.columns.setSizePolicy(_FIXED, _FIXED)
        self.look = push_button(self.tr("Look in a folder…"), self._on_look)
        self.look.setToolTip(
            plain_tip(self.tr("Search this folder and its subfolders"))
        )
        self.look.setSizePolicy(_FIXED, _FIXED)
        self.place = Label()
        self.missing = QHBoxLayout()
        self.form = QFormLayout()
        self.buttons, self.ok = accept_or_cancel(
            self, self.tr("Import"), self._on_accepted
        )
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._fill_choices()
        self._lay_out()
        self._connect()
        self._refresh()

    # -- choices --------------------------------------------------------------------

    def _one_of(self, name: str) -> OneOf:
        """Make the field of a choice of one of several values."""
        one = _CHOICES[name]
        words = [self.tr(word) for word in one.choice.words]
        return OneOf(list(zip(words, one.values, strict=True)), one.default)

    def _fill_choices(self) -> None:
        self.video.addItem(self.tr("as the file says"), "")
        for video_id in self._importer.project.video_ids:
            self.video.addItem(video_id, video_id)
        self.lane.addItem(self.tr("the labels of the project"), False)
        self.lane.addItem(self.tr("a lane of another annotator"), True)
        self.annotator.setText(self._importer.choices.annotator)
        self.lane.setCurrentIndex(1 if self._importer.choices.annotator else 0)
        self.several.value = self._importer.choices.tracks
        self._fill_tracks()

    def _fill_tracks(self) -> None:
        """List the tracks of the files, or whose these are; anew where others came."""
        names: dict[str, None] = {}
        for file in self._importer.files:
            for track in (*file.tracks, *(file.extra if self._keeps else ())):
                names[track.labelling if self._keeps else track.title] = None
        titles = [*filter(None, names)]
        if titles != [self.tracks.item(n).text() for n in range(self.tracks.count())]:
            # Rows are as high as the style wants only once it is known.
            self.tracks.ensurePolished()
            self.tracks.blockSignals(True)
            self.tracks.clear()
            self.tracks.addItems(titles)
            self.tracks.blockSignals(False)
            row_px = max(0, self.tracks.sizeHintForRow(0))
            wanted = len(titles) * row_px + 2 * self.tracks.frameWidth()
            self.tracks.setFixedHeight(min(wanted, _TRACKS_PX))

    def _lay_out(self) -> None:
        for label in (self.about, self.remarks, self.problem):
            label.setWordWrap(True)
        theme.set_tone(self.about, "dim")
        theme.set_tone(self.problem, "error")
        header = self.table.horizontalHeader()
        for column in range(_NUMBERS, self.table.columnCount()):
            if (head := self.table.horizontalHeaderItem(column)) is not None:
                head.setTextAlignment(_RIGHT)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        widths = ((0, 190), (2, 90), (3, 110), (4, 85), (5, 130))
        resize_columns(header, widths)
        self.remark_area.setWidget(self.remarks)
        self.remark_area.setWidgetResizable(True)
        self.remark_area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.remarks.setAlignment(Qt.AlignmentFlag.AlignTop)
        form = self.form
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow(self.tr(_CHOICES["tracks"].choice.title), self.several)
        form.addRow(self.into)
        form.addRow(self.tr("Tracks, one or more"), self.tracks)
        self.missing.addWidget(self.look)
        self.missing.addWidget(self.place, 1)
        theme.set_tone(self.place, "dim")
        form.addRow(self.tr("Missing videos"), self.missing)
        form.addRow(self.tr("Of the video"), self.video)
        form.addRow(self.tr("Into"), self.lane)
        form.addRow("", self.annotator)
        for name, field in (
            ("existing", self.existing),
            ("overlap", self.overlap),
            ("unpaired", self.unpaired),
            ("text", self.text),
        ):
            form.addRow(self.tr(_CHOICES[name].choice.title), field)
        form.addRow(self.tr("Its frames are"), self.rate)
        form.addRow("", self.modifiers)
        form.addRow(self.tr("Table"), self.columns)
        body = dialog_column(self)
        body.addWidget(self.about)
        body.addWidget(self.table, 2)
        body.addWidget(self.remark_area, 1)
        body.addLayout(form)
        body.addWidget(self.problem)
        body.addWidget(self.buttons)
        self.into.setFixedHeight(_INTO_PX)
        self.into.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        for column in (_TIER, _PERSON):
            self.into.horizontalHeader().resizeSection(column, _NAME_PX)
        self.ok.setDefault(True)
        self.resize(*_SIZE)

    def _connect(self) -> None:
        boxes = (self.existing, self.overlap, self.unpaired, self.text)
        self.lane.activated.connect(self._offer_author)
        for box in (self.several, self.video, self.lane, *boxes):
            box.activated.connect(self._choose)
        self.tracks.itemSelectionChanged.connect(self._choose)
        self.annotator.textEdited.connect(lambda _: self._wait())
        self.rate.valueChanged.connect(lambda _: self._wait())
        self._typing.timeout.connect(self._choose)
        self.modifiers.toggled.connect(
            lambda on: self._again(lambda: self._importer.read_again(modifiers=on))
        )
        self._importer.planned.connect(self._refresh)

    def _offer_author(self, _: int) -> None:
        """Name the annotator as the files do, where nobody has typed a name."""
        authors = {file.author for file in self._importer.files}
        author = authors.pop() if len(authors) == 1 else ""
        if author and not self.annotator.text():
            self.annotator.setText(portable_name(author))

    def _wait(self) -> None:
        self.ok.setEnabled(False)
        self._typing.start()

    def _choose(self, *_: object) -> None:
        self._fill_tracks()  # if they are kept now, others are to be chosen
        other = bool(self.lane.currentData())
        choices = replace(
            self._importer.choices,
            video=self.video.currentData(),
            picks=tuple(self._picked()),
            tracks=self.several.value,
            targets=tuple(self._targets.items()) if self._keeps else (),
            annotator=self.annotator.text().strip() if other else "",
            existing=self.existing.value,
            overlap=self.overlap.value,
            unpaired=self.unpaired.value,
            text=self.text.value,
            rate=self.rate.value() or None,
        )
        self._again(lambda: self._importer.choose(choices))

    def _picked(self) -> list[str]:
        items = (self.tracks.item(n) for n in range(self.tracks.count()))
        return [item.text() for item in items if item.isSelected()]

    @property
    def _keeps(self) -> bool:
        return bool(self.several.value == "keep")

    def _on_look(self) -> None:
        title = self.tr("In which folder are the videos?")
        place = ask_folder(self, title, str(self._importer.files[0].path.parent))
        if place is not None:
            self._again(lambda: self._importer.look_in(place))

    def _again(self, plan: Callable[[], None]) -> None:
        self.ok.setEnabled(False)
        plan()

    # -- the plan -------------------------------------------------------------------

    def _refresh(self) -> None:
        plan = self._importer.plan
        if plan is None:
            self.ok.setEnabled(False)
            return
        self.about.setText(self._words_of_files())
        self._fill_tracks()
        self._fill_table(plan)
        self._fill_into(plan)
        remarks = [r for v in plan.videos for r in self._remarks(v, plan)]
        # What concerns all comes first: the list may be cut.
        remarks = [*map(in_language, plan.remarks()), *remarks]
        self.remarks.setText("\n".join(self._shown(remarks)))
        self.remark_area.setVisible(bool(remarks))
        problems = [in_language(p.text) for p in plan.problems] + list(
            self._importer.unread
        )
        unnamed = bool(self.lane.currentData()) and not self.annotator.text().strip()
        if unnamed:
            # What the lane holds is known once it has a name.
            problems = [self.tr("Type the name of the annotator.")]
        self.problem.setText("\n".join(problems[:3]))
        self.problem.setVisible(bool(problems))
        self._show_choices(plan, unnamed)
        some = bool(plan.videos or plan.extra)
        self.ok.setEnabled(some and not plan.problems and not unnamed)

    def _remarks(self, video: PlannedVideo, plan: ImportPlan) -> list[str]:
        found = map(in_language, video.remarks(plan.choices))
        return [f"{video.title}: {text}" for text in found]

    def _shown(self, lines: list[str]) -> list[str]:
        more = len(lines) - MOST_SHOWN
        rest = [self.tr("and {} more").format(f"{more:,}")] if more > 0 else []
        return [*lines[:MOST_SHOWN], *rest]

    def _words_of_files(self) -> str:
        files = self._importer.files
        titles = dict.fromkeys(self.tr(form.title) for form in self._importer.formats)
        formats = ", ".join(titles) or self.tr("project of skelseg")
        if len(files) == 1:
            text = self.tr("{file} is read as: {format}.")
            return text.format(file=files[0].path.name, format=formats)
        return plural("{n} file(s): {formats}.", len(files), formats=formats)

    def _fill_table(self, plan: ImportPlan) -> None:
        added = {item.video_id for item in plan.added}
        rows = [self._row(v, v.video_id in added) for v in plan.videos]
        rows += [(self.tr("no video"), name, "", "", "", "") for name in plan.not_found]
        more = len(rows) - MOST_SHOWN
        if more > 0:
            rest = self.tr("and {} more").format(f"{more:,}")
            rows = [*rows[:MOST_SHOWN], (rest, "", "", "", "", "")]
        self.table.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                cell = QTableWidgetItem(text)
                cell.setToolTip(plain_tip(text))
                if column >= _NUMBERS:
                    cell.setTextAlignment(_RIGHT)
                self.table.setItem(row, column, cell)

    def _fill_into(self, plan: ImportPlan) -> None:
        """Show what each tier and person of the files becomes, to be changed there."""
        project, table = self._importer.project, self.into
        chosen = [s.target for s in plan.proposed if s.target is not None]
        tiers = [*(t.name for t in project.tiers), *(target.tier for target in chosen)]
        people = [*(p for v in project.videos for p in v.people)]
        people += [source.source.person for source in plan.proposed]
        table.setRowCount(len(plan.proposed))
        for row, source in enumerate(plan.proposed):
            text = " · ".join(filter(None, source.source)) or "–"
            cell = QTableWidgetItem(f"{text}: {listed(source.names)}")
            cell.setToolTip(plain_tip(", ".join(source.names)))
            table.setItem(row, 0, cell)
            into = source.target or TrackKey(self.tr("left out"))
            names = [*tiers, self.tr("left out")]
            for column, own, now in (
                (_TIER, names, into.tier),
                (_PERSON, people, into.person),
            ):
                box = self._name_box(source.source, row, own, now)
                table.setCellWidget(row, column, box)
            table.setRowHeight(row, box.sizeHint().height())

    def _name_box(
        self, said: TrackKey, row: int, names: Sequence[str], now: str
    ) -> QComboBox:
        box = QComboBox()
        box.setEditable(True)
        box.addItems(list(dict.fromkeys(filter(None, names))))
        box.setCurrentText(now)
        box.activated.connect(lambda _: self._assign(said, row))
        line = box.lineEdit()
        assert line is not None
        line.editingFinished.connect(lambda: self._assign(said, row))
        return box

    def _assign(self, said: TrackKey, row: int) -> None:
        """Take over what stands in a row, where it is something else."""
        tier, person = (self._name_in(row, column) for column in (_TIER, _PERSON))
        into = None if tier in ("", self.tr("left out")) else TrackKey(tier, person)
        plan = self._importer.plan
        now = {s.source: s.target for s in plan.proposed} if plan is not None else {}
        if into != self._targets.get(said, now.get(said, into)):
            self._targets[said] = into
            # The box that was typed in is made anew: not while it tells of that.
            QTimer.singleShot(0, self._choose)

    def _name_in(self, row: int, column: int) -> str:
        box = self.into.cellWidget(row, column)
        return box.currentText().strip() if isinstance(box, QComboBox) else ""

    def _row(self, video: PlannedVideo, new: bool) -> tuple[str, ...]:
        labels, track = video.labels, video.source.labels.title
        text = self.tr("{} (is added)") if new else "{}"
        source = video.source.file + (f" · {track}" if track else "")
        return (
            text.format(video.video_id),
            source,
            f"{labels.n_segments:,}",
            self.tr("{n} of {frames}").format(
                n=f"{labels.n_labelled:,}", frames=f"{labels.n_frames:,}"
            ),
            f"{labels.n_overlaps:,}" if labels.n_overlaps else "–",
            f"{video.n_there:,}" if video.n_there else "–",
        )

    def _show_choices(self, plan: ImportPlan, unnamed: bool) -> None:
        kinds = {p.kind for p in plan.problems}
        one = len(self._importer.files) == 1
        # Of a file that names several videos, one answer is none.
        medias = {t.media for f in self._importer.files for t in f.tracks}
        asks = one and len(medias) < 2 and ("video" in kinds or bool(plan.not_found))
        options = {o for form in self._importer.formats for o in form.options}
        form = self.form
        several = self.tracks.count() > 1 or plan.choices.tracks != "refuse"
        crossing = "overlap" in kinds or any(f.extra for f in self._importer.files)
        form.setRowVisible(self.several, several or crossing)
        form.setRowVisible(self.into, bool(plan.proposed))
        form.setRowVisible(self.tracks, self.tracks.count() > 1)
        places = self._importer.places
        missing = bool(plan.not_found) or "video" in kinds
        form.setRowVisible(self.missing, missing or bool(places))
        self.place.setText(", ".join(place.name for place in places))
        form.setRowVisible(self.video, asks or bool(plan.choices.video))
        form.setRowVisible(self.annotator, bool(self.lane.currentData()))
        there = any(v.n_there for v in plan.videos) and not unnamed
        form.setRowVisible(self.existing, there or plan.choices.existing != "refuse")
        overlaps = any(v.labels.n_overlaps for v in plan.videos)
        form.setRowVisible(self.overlap, overlaps or plan.choices.overlap != "refuse")
        unpaired = any(v.source.labels.unpaired for v in plan.videos)
        asks = unpaired or plan.choices.unpaired != "refuse"
        form.setRowVisible(self.unpaired, asks)
        texts = "text" in kinds or plan.choices.text != "refuse"
        form.setRowVisible(self.text, texts)
        form.setRowVisible(self.modifiers, "modifiers" in options)
        units = [v.source.labels.unit for v in plan.videos if v.notes]
        rated = plan.choices.rate is not None
        form.setRowVisible(self.rate, "frame" in units or rated)
        form.setRowVisible(self.columns, "table" in options)

    def _on_accepted(self) -> None:
        if self.ok.isEnabled():
            self._importer.apply()
            self.accept()


def ask_import(parent: QWidget, importer: LabelImporter) -> ImportLabelsDialog:
    """Open the question."""
    dialog = ImportLabelsDialog(importer, parent)
    dialog.open()
    dialog.ok.setFocus()
    return dialog
