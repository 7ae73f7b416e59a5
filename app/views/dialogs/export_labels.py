"""The page of an export: what, in which format and where, and what it will be."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFontDatabase, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.keyboard import give_keyboard
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language
from app.kit.threads import read_quickly
from app.services.files.exporter import start_export
from app.services.jobs import Job
from app.services.task_runner import TaskRunner
from app.state.change import Change
from app.state.current_video import CurrentVideo
from app.views.columns import Columns
from app.views.dialogs.choice_fields import Offered, OneOf, YesNo, lane_text
from app.views.dialogs.list_parts import push_button
from app.views.dialogs.video_choice import VideoChoice
from app.views.even_list import EvenList
from skelseg_core.choices import declared
from skelseg_core.progress import Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.project_edits import shown_to_annotator
from skelseg_core.project.videos_and_tracks import Track, prediction_lane
from skelseg_core.said import listed
from skelseg_core.tasks.export_choices import BOTH, Choices, ExportChoices, PoseChoices

if TYPE_CHECKING:
    from skelseg_core.formats.descriptors import FileFormat
    from skelseg_core.tasks.exports import ExportPreview

_TEXT_PX = 120
"""Least height of the first lines of a file."""
_WAIT_MS = 150
"""Milliseconds after a choice until the preview is made anew."""

Kind = Literal["labels", "poses"]
_CHOICES = {one.name: one for one in declared(ExportChoices)}


class FormatList(QListWidget):
    """List the formats; one is chosen. What is around it scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def add(self, title: str, data: str) -> None:
        """Add a format; the first is chosen."""
        item = QListWidgetItem(title, self)
        item.setToolTip(plain_tip(title))
        item.setData(Qt.ItemDataRole.UserRole, data)
        self.setMinimumHeight(self.sizeHintForRow(0) * self.count())
        if self.count() == 1:
            self.setCurrentRow(0)

    @property
    def chosen(self) -> str:
        """The data of the chosen format."""
        return str(self.currentItem().data(Qt.ItemDataRole.UserRole))

    def choose(self, data: str) -> None:
        """Choose the format with this data."""
        items = [self.item(n) for n in range(self.count())]
        self.setCurrentItem(
            next(i for i in items if i.data(Qt.ItemDataRole.UserRole) == data)
        )


class ExportView(QWidget):
    """Choose format, lane, videos and folder; Export starts a job.

    What was chosen stays so for the session; what there is to choose from is of the
    project as it is when the page is shown.
    """

    exported = Signal()
    review_asked = Signal()

    def __init__(
        self,
        runner: TaskRunner,
        current: CurrentVideo,
        choose_folder: Callable[[Path], Path | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Export"))
        self._runner, self._current = runner, current
        self._choose_folder = choose_folder
        self._preview: Job | None = None
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(self._look)
        self._body: QWidget | None = None
        self.middle = QWidget()
        runner.document.changed.connect(self._on_edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    def prepare(self, videos: Sequence[str] = ()) -> None:
        """Offer what can be exported now, with these videos checked, or all."""
        if self._body is None:
            self._make_body()
        self.overwrite.setChecked(False)
        wanted = videos or self._runner.document.project.video_ids
        self._offer([item.id for item in self._items if item.video_id in wanted])

    def _make_body(self) -> None:
        self._body = QWidget()
        self._make_choices()
        self._make_options()
        self._make_preview()
        self._lay_out(self._body)
        for field in (self.form, self.lane, self.folder, self.file):
            field.setToolTip(field.accessibleName())
        column = self.layout()
        assert column is not None
        column.addWidget(self._body)
        self._connect()

    def _offer(self, checked: Sequence[str] = ()) -> None:
        """Offer the videos and lanes there are; what was chosen stays so."""
        project = self._current.project
        items = [shown_to_annotator(project, item) for item in self._items]
        self._models = {v.id: self._current.models_of(v.id) for v in items}
        # Ids of the videos that have poses; None where the disk does not answer.
        self._posed = read_quickly(self._with_poses, None)
        self.choice.offer(items, checked)
        models = dict.fromkeys(m for found in self._models.values() for m in found)
        lane = self.lane.value
        with QSignalBlocker(self.lane):
            self.lane.clear()
            for name in Offered(items, [*models]).lanes:
                self.lane.addItem(lane_text(name), name)
            self.lane.value = lane
        for row in (self.videos, self._of_videos):
            row.setVisible(len(items) > 1)
        self._on_form()

    @property
    def _all_tracks(self) -> bool:
        """True where a file of the chosen format is of a whole video."""
        from skelseg_core.tasks.export_labels import formats_named

        kind, name = self.chosen
        if kind == "labels":
            return all(f.holds_tracks for f in formats_named(name))
        return kind == "poses"

    @property
    def _items(self) -> tuple[Track, ...]:
        """Videos to choose from, or tracks of the tier that is labelled."""
        if self._all_tracks:
            project = self._runner.document.project
            return project.first_tracks
        return self._current.project.tracks

    def _on_edit(self, change: Change) -> None:
        if self._body is None or not self.isVisible():
            return
        if change.before.places.keys() != change.after.places.keys():
            self._offer()
        else:
            self._on_changed()

    def take_keyboard(self) -> None:
        """Give the keyboard to the first choice; Return exports."""
        if self._body is not None:
            give_keyboard(self.form)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.ok.click()
        else:
            super().keyPressEvent(event)

    def _with_poses(self) -> set[str] | None:
        return {
            path.stem
            for path in (self._runner.document.folder.root / "poses").glob("*")
        }

    # -- parts ------------------------------------------------------------------------

    def _make_choices(self) -> None:
        self.form = FormatList()
        self.form.setAccessibleName(self.tr("Format"))
        self._add_forms()
        self.about = _dim_label()
        self.lane = OneOf([], ANNOTATION)
        self.lane.setAccessibleName(self.tr("Lane"))
        self.choice = VideoChoice(self)
        self.videos = EvenList()
        self.videos.setModel(self.choice)
        self.videos.setAccessibleName(self.tr("Videos"))
        self.n_videos = Label()
        self.all = push_button(self.tr("All"), lambda: self.choice.check_all(True))
        self.none = push_button(self.tr("None"), lambda: self.choice.check_all(False))
        self.folder = QLineEdit(str(self._runner.document.folder.root / "exports"))
        self.folder.setAccessibleName(self.tr("Folder"))
        self.folder.setCursorPosition(0)
        self.choose = push_button("…", self._on_choose)
        self.choose.setAccessibleName(self.tr("Choose a folder"))
        self.choose.setToolTip(self.choose.accessibleName())
        self.overwrite = self._box("overwrite", False)

    def _add_forms(self) -> None:
        from skelseg_core.formats.label_overview import written_formats
        from skelseg_core.formats.poses import POSE_FORMATS

        self._forms: dict[tuple[Kind, str], FileFormat] = {}
        self._add_form(self.tr("CSV: frames and segments"), "labels", BOTH)
        for form in written_formats():
            self._forms["labels", form.name] = form
            self._add_form(_capital(self.tr(form.title)), "labels", form.name)
        for pose in POSE_FORMATS:
            if pose.written_suffix is not None:
                self._forms["poses", pose.name] = pose
                title = self.tr("Poses: {}").format(self.tr(pose.title))
                self._add_form(title, "poses", pose.name)

    def _add_form(self, title: str, kind: Kind, name: str) -> None:
        self.form.add(title, f"{kind} {name}")

    def _box(self, name: str, checked: bool) -> YesNo:
        """Make the box of a choice, which says the help of its option."""
        said = _CHOICES[name].choice
        box = YesNo(self.tr(said.title), checked)
        box.setToolTip(plain_tip(self.tr(said.text)))
        return box

    def _make_options(self) -> None:
        self.boxes = {
            name: self._box(name, name in ("features", "folds"))
            for name in ("single_table", "features", "folds")
        }
        said = _CHOICES["unlabelled"].choice
        self.gap_class = QLineEdit()
        self.gap_class.setAccessibleName(self.tr(said.title))
        self.gap_class.setPlaceholderText(self.tr("none: they are listed in a file"))
        self.gap_class.setToolTip(plain_tip(self.tr(said.text)))

    def _make_preview(self) -> None:
        self.file = QComboBox()
        self.file.setAccessibleName(self.tr("File that is shown"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("First lines of the file"))
        self.text.setMinimumHeight(_TEXT_PX)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.notes = Label()
        self.notes.setWordWrap(True)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._texts: tuple[tuple[str, str], ...] = ()
        self.ok = push_button(self.tr("Export"), self._on_accepted)
        self.ok.setProperty("primary", True)
        self.review = push_button(self.tr("Review first"), self.review_asked.emit)
        self.review.hide()

    # -- layout -----------------------------------------------------------------------

    def _lay_out(self, body: QWidget) -> None:
        middle = QVBoxLayout(self.middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(8)
        middle.addWidget(self.about)
        middle.addWidget(self.file)
        middle.addWidget(self.text, 1)
        columns = Columns(
            self.form, self.middle, self._rows_of_choices(), (QWidget(), self._foot())
        )
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(columns)

    def _foot(self) -> QWidget:
        """Put the videos, which scroll by themselves, above the button."""
        foot = QWidget()
        self._of_videos = _row(self.n_videos, None, self.all, self.none)
        column = QVBoxLayout(foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._of_videos)
        column.addWidget(self.videos, 1)
        column.addWidget(_row(self.review, self.ok))
        wide, high = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding
        foot.setSizePolicy(wide, high)
        return foot

    def _rows_of_choices(self) -> QWidget:
        choices = QWidget()
        form = self._rows = QFormLayout(choices)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        narrow = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.lane.setMinimumWidth(80)
        self.lane.setSizeAdjustPolicy(narrow)
        form.addRow(self.notes)
        form.addRow(self.tr("Lane"), self.lane)
        form.addRow(Label(self.tr("Folder")))
        form.addRow(_row(self.folder, self.choose))
        for box in self.boxes.values():
            form.addRow(box)
        form.addRow(self.tr("No label"), self.gap_class)
        form.addRow(self.overwrite)
        card = _dim_label()
        card.setText(
            self.tr(
                "The export includes data-card.md, a page on classes, people and the "
                "origin of labels."
            )
        )
        form.addRow(card)
        return choices

    # -- what is chosen ---------------------------------------------------------------

    @property
    def chosen(self) -> tuple[Kind, str]:
        """Kind and name of the chosen format."""
        kind, name = self.form.chosen.split(" ", 1)
        return cast(Kind, kind), name

    def choices(self) -> Choices:
        """Return what is to be exported, as the tasks of exports take it."""
        kind, name = self.chosen
        videos, overwrite = tuple(self.choice.checked), self.overwrite.value
        if kind == "poses":
            return PoseChoices(name, videos, overwrite)
        tier = "" if self._all_tracks else self._current.tier
        choices = ExportChoices(
            name, self.lane.value, videos, tier=tier, overwrite=overwrite
        )
        # Only what the format has: the others stay as they are by default.
        taken = self._options
        chosen: dict[str, Any] = {
            name: box.value for name, box in self.boxes.items() if name in taken
        }
        if "folds" in taken:
            chosen["folds"] = None if chosen["folds"] else 0
        if "unlabelled" in taken:
            chosen["unlabelled"] = self.gap_class.text().strip()
        return replace(choices, **chosen)

    @property
    def _options(self) -> tuple[str, ...]:
        """Names of the options that the chosen format has."""
        return getattr(self._forms.get(self.chosen), "options", ())

    # -- signals ----------------------------------------------------------------------

    def _connect(self) -> None:
        self.form.currentRowChanged.connect(self._on_other_form)
        self.lane.currentIndexChanged.connect(self._on_lane)
        self.choice.changed.connect(self._on_changed)
        self.gap_class.textChanged.connect(self._on_changed)
        self.folder.textChanged.connect(self._on_changed)
        for box in (*self.boxes.values(), self.overwrite):
            box.changed.connect(self._on_changed)
        self.file.currentIndexChanged.connect(self._on_file)

    def _on_other_form(self, *_: object) -> None:
        """Offer what the format takes: whole videos, or tracks of a tier."""
        if [item.id for item in self._items] == [item.id for item in self.choice.items]:
            self._on_form()
        else:
            self._offer([item.id for item in self._items])

    def _on_form(self, *_: object) -> None:
        kind, name = self.chosen
        form = self._forms.get((kind, name))
        about = "" if form is None else form.about
        if form is not None and form.cannot_hold:
            lost = self.tr("Not kept: {}").format(form.cannot_hold)
            about = f"{about} {lost}"
        self.about.setText(about)
        self.about.setVisible(bool(about))
        self._rows.setRowVisible(self.lane, kind != "poses")
        for option, widget in (*self.boxes.items(), ("unlabelled", self.gap_class)):
            self._rows.setRowVisible(widget, option in self._options)
        self._on_lane()

    def _on_lane(self, *_: object) -> None:
        """Let only videos be checked that have what is exported."""
        lane = str(self.lane.currentData())
        if self.chosen[0] == "poses":
            self.choice.set_reasons(self._why_no_poses)
        else:
            self.choice.set_reasons(lambda item: self._why_no_labels(item, lane))
        self._on_changed()

    def _why_no_poses(self, item: Track) -> str:
        has = self._posed is None or item.id in self._posed
        return "" if has else self.tr("It has no poses")

    def _why_no_labels(self, item: Track, lane: str) -> str:
        if lane in item.missing:
            damaged = self.tr("Its label file is damaged")
            gone = self.tr("Its label file is missing")
            return damaged if lane in item.damaged else gone
        return "" if lane in self._lanes(item) else self.tr("It lacks this lane")

    def _lanes(self, item: Track) -> tuple[str, ...]:
        return (*item.lanes, *map(prediction_lane, self._models[item.id]))

    def _on_changed(self, *_: object) -> None:
        n = len(self.choice.checked)
        words = self.tr("{} of {}")
        self.n_videos.setText(words.format(f"{n:,}", f"{len(self.choice.items):,}"))
        self.ok.setEnabled(False)
        self._wait.start()

    def _look(self) -> None:
        if not self.choice.checked:
            self._show(
                (), self.tr("Check at least one video that can be exported."), True
            )
        elif not self.folder.text().strip():
            self._show((), self.tr("Choose a folder to export to."), True)
        else:
            self._start_preview()

    def _start_preview(self) -> None:
        self._drop_preview()
        document = self._runner.document
        task = _previewed(document.folder, document.project, self.place, self.choices())

        def show(found: ExportPreview) -> None:
            # An answer to an earlier question is dropped.
            if job is self._preview:
                self._on_previewed(found)

        job = self._runner.run(self.tr("Preview of the export"), task, show)
        job.in_background = True
        self._preview = job

    def _drop_preview(self) -> None:
        if self._preview is not None:
            self._preview.cancel()
        self._preview = None

    @property
    def place(self) -> Path:
        """The folder that is exported to."""
        return Path(os.path.expanduser(self.folder.text().strip()))

    def _on_previewed(self, found: ExportPreview) -> None:
        if found.error:
            self._show((), in_language(found.error), True)
            return
        lines = [*map(in_language, (found.about, *found.notes))]
        if left := self.choice.left_out:
            lines.append(self.tr("Left out: {}.").format(listed(left)))
        in_the_way = bool(found.foreign) and not self.overwrite.isChecked()
        if found.foreign:
            names = listed([path.name for path in found.foreign])
            if in_the_way:
                words = self.tr(
                    "The folder has files that skelseg did not write or that have "
                    "changed since: {}. Choose another folder or replace them."
                )
            else:
                words = self.tr("Replaces files not written by skelseg: {}.")
            lines.insert(0, words.format(names))
        text = "\n".join(lines)
        self._show(found.files, text, in_the_way)
        self.ok.setEnabled(not in_the_way)
        self.review.setVisible(found.unreviewed_frames > 0)

    def _show(
        self, files: tuple[tuple[str, str], ...], notes: str, wrong: bool
    ) -> None:
        before = self.file.currentIndex() if len(files) == len(self._texts) else 0
        self._texts = files
        self.file.blockSignals(True)
        self.file.clear()
        self.file.addItems([name for name, _ in files])
        self.file.setCurrentIndex(max(0, before) if files else -1)
        self.file.blockSignals(False)
        self.file.setEnabled(len(files) > 1)
        self._on_file()
        theme.set_tone(self.notes, "error" if wrong else "")
        self.notes.setText(notes)

    def _on_file(self, *_: object) -> None:
        n = self.file.currentIndex()
        self.text.setPlainText(self._texts[n][1] if 0 <= n < len(self._texts) else "")

    def _on_choose(self) -> None:
        found = self._choose_folder(self.place)
        if found is not None:
            self.folder.setText(str(found))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._body is not None:
            self._offer()

    def hideEvent(self, event: QHideEvent) -> None:
        self._wait.stop()
        self._drop_preview()
        super().hideEvent(event)

    def _on_accepted(self) -> None:
        if self.ok.isEnabled():
            start_export(self._runner, self.place, self.choices())
            self.exported.emit()


# Imported in the thread of the job: that takes longer than a key may.
def _previewed(
    folder: ProjectFolder, project: Project, out: Path, choices: Choices
) -> Task[ExportPreview]:
    from skelseg_core.tasks.exports import preview

    return (yield from preview(folder, project, out, choices))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _dim_label() -> Label:
    label = Label()
    label.setWordWrap(True)
    theme.set_tone(label, "dim")
    return label


def _row(*widgets: QWidget | None) -> QWidget:
    """Put widgets side by side; None is room that stretches."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return row
