"""Ask what is exported to be looked at: a video, clips of segments, or a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QWidget,
)

from app.kit.labels import Label
from app.views.dialogs.list_parts import dialog_column
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    VideoItem,
    annotator_of_lane,
    model_of_lane,
    shown_to_annotator,
)

_LANES_SHOWN = 4
"""Lanes that the list shows without scrolling."""


class _PicturesDialog(QDialog):
    """A column of choices, a sentence about what is written, and two buttons."""

    def __init__(
        self, parent: QWidget | None, title: str, about: str, go_on: str
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(480)
        self._about, self._go_on = about, go_on
        self.form = QFormLayout()
        self.form.setSpacing(8)
        self.form.setLabelAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )

    def finish_layout(self) -> None:
        """Put the sentence and the buttons below the choices."""
        body = dialog_column(self)
        body.addLayout(self.form)
        about = Label(self._about)
        about.setWordWrap(True)
        body.addWidget(about)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.addButton(
            self._go_on, QDialogButtonBox.ButtonRole.AcceptRole
        )
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        body.addWidget(buttons)
        self.save.setDefault(True)


class VideoDialog(_PicturesDialog):
    """Choose what is burned into a video, and which frames are written.

    Parameters
    ----------
    parent : QWidget or None
    item : VideoItem
        As its annotator may see it.
    frames : tuple of int, or None
        Frames ``[start, stop)`` that are proposed; None for the whole video.
    """

    def __init__(
        self, parent: QWidget | None, item: VideoItem, frames: tuple[int, int] | None
    ) -> None:
        super().__init__(
            parent,
            _tr("Export video with labels"),
            _tr(
                "An MP4 file with every frame at its own time and the sound. Label and "
                "time stand below the picture, and the lanes as strips."
            ),
            _tr("Save…"),
        )
        self.lanes = _LaneList([item])
        self.which = QComboBox()
        self.which.addItem(_tr("The whole video"), False)
        self.which.addItem(_tr("A part of it"), True)
        first, last = frames or (0, item.n_frames)
        self.first, self.last = QSpinBox(), QSpinBox()
        for box, value in ((self.first, first), (self.last, last - 1)):
            box.setRange(0, item.n_frames - 1)
            box.setGroupSeparatorShown(True)
            box.setValue(value)
        self.first.setAccessibleName(_tr("First frame"))
        self.last.setAccessibleName(_tr("Last frame"))
        self.which.setCurrentIndex(0 if frames is None else 1)
        self.skeleton = QCheckBox(_tr("Skeleton of the subject"))
        self.skeleton.setChecked(True)
        self.heatmap = QCheckBox(_tr("Heatmap of the subject's keypoints"))
        span = QHBoxLayout()
        span.addWidget(self.which)
        span.addWidget(self.first)
        span.addWidget(Label(_tr("to")))
        span.addWidget(self.last)
        span.addStretch()
        self.form.addRow(_tr("Video"), Label(item.id))
        self.form.addRow(_tr("Frames"), span)
        self.form.addRow(_tr("Lanes"), self.lanes)
        self.form.addRow(_tr("Show"), self.skeleton)
        self.form.addRow("", self.heatmap)
        self.finish_layout()
        self.which.currentIndexChanged.connect(self._show_state)
        self.first.valueChanged.connect(self._show_state)
        self.last.valueChanged.connect(self._show_state)
        self.lanes.itemChanged.connect(self._show_state)
        self._show_state()

    def _show_state(self) -> None:
        part = bool(self.which.currentData())
        self.first.setEnabled(part)
        self.last.setEnabled(part)
        fits = not part or self.first.value() <= self.last.value()
        self.save.setEnabled(fits and bool(self.lanes.chosen))

    @property
    def choices(self) -> dict[str, Any]:
        """Choices as they stand, as ``tasks.render`` takes them."""
        frames = ""
        if self.which.currentData():
            frames = f"{self.first.value()}:{self.last.value() + 1}"
        return {
            "lanes": self.lanes.chosen,
            "frames": frames,
            "skeleton": self.skeleton.isChecked(),
            "heatmap": self.heatmap.isChecked(),
        }


class ClipsDialog(_PicturesDialog):
    """Choose of which segments clips are written."""

    def __init__(
        self, parent: QWidget | None, project: Project, items: Sequence[VideoItem]
    ) -> None:
        super().__init__(
            parent,
            _tr("Export clips of segments"),
            _tr(
                "One MP4 file for each labelled segment, with exactly its frames, in a "
                "folder for each class; and a table that says what each file shows."
            ),
            _tr("Choose folder…"),
        )
        self.lane = QComboBox()
        for name in _lanes_in(items):
            self.lane.addItem(lane_text(name), name)
        self.videos = _video_box(items)
        self.classes = QComboBox()
        self.classes.addItem(_tr("All classes"), None)
        for name in project.label_map.names:
            self.classes.addItem(name, name)
        self.form.addRow(_tr("Labels"), self.lane)
        self.form.addRow(_tr("Videos"), self.videos)
        self.form.addRow(_tr("Classes"), self.classes)
        self.finish_layout()

    @property
    def choices(self) -> dict[str, Any]:
        """Choices as they stand, as ``tasks.clips`` takes them."""
        name = self.classes.currentData()
        return {
            "lane": self.lane.currentData(),
            "videos": self.videos.currentData(),
            "classes": [] if name is None else [name],
        }


class PlotDialog(_PicturesDialog):
    """Choose what is drawn of the labels."""

    def __init__(self, parent: QWidget | None, items: Sequence[VideoItem]) -> None:
        super().__init__(
            parent,
            _tr("Export picture of the labels"),
            _tr(
                "An SVG, PDF or PNG file, in the colours and textures of the classes. "
                "In an SVG and a PDF text stays text."
            ),
            _tr("Save…"),
        )
        self.what = QComboBox()
        self.what.addItem(_tr("Labels over time"), False)
        self.what.addItem(_tr("Which class follows which"), True)
        self.videos = _video_box(items)
        self.lanes = _LaneList(items)
        self.form.addRow(_tr("Draw"), self.what)
        self.form.addRow(_tr("Videos"), self.videos)
        self.form.addRow(_tr("Lanes"), self.lanes)
        self.finish_layout()
        self.lanes.itemChanged.connect(self._show_state)

    def _show_state(self) -> None:
        self.save.setEnabled(bool(self.lanes.chosen))

    @property
    def choices(self) -> dict[str, Any]:
        """Choices as they stand, as ``tasks.plot`` takes them."""
        return {
            "lanes": self.lanes.chosen,
            "videos": self.videos.currentData(),
            "transitions": bool(self.what.currentData()),
        }


class _LaneList(QListWidget):
    """A list of lanes to check; the first is checked."""

    def __init__(self, items: Sequence[VideoItem]) -> None:
        super().__init__()
        self.setAccessibleName(_tr("Lanes"))
        names = _lanes_in(items)
        for n, name in enumerate(names):
            row = QListWidgetItem(lane_text(name))
            row.setData(Qt.ItemDataRole.UserRole, name)
            row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            checked = Qt.CheckState.Checked if n == 0 else Qt.CheckState.Unchecked
            row.setCheckState(checked)
            self.addItem(row)
        rows = min(len(names), _LANES_SHOWN)
        high = self.sizeHintForRow(0) * rows + 2 * self.frameWidth() + 4
        self.setFixedHeight(high)

    @property
    def chosen(self) -> list[str]:
        """Names of the checked lanes, from above."""
        rows = (self.item(n) for n in range(self.count()))
        return [
            str(row.data(Qt.ItemDataRole.UserRole))
            for row in rows
            if row.checkState() == Qt.CheckState.Checked
        ]


def _lanes_in(items: Sequence[VideoItem]) -> list[str]:
    """List the lanes that videos have, the annotation first."""
    names = (n for item in items for n in item.lanes if n not in item.missing)
    return list(dict.fromkeys([ANNOTATION, *names]))


def _video_box(items: Sequence[VideoItem]) -> QComboBox:
    """Make a choice of all videos or one; its data is a list of ids, empty for all."""
    box = QComboBox()
    box.addItem(_tr("Whole project"), [])
    for item in items:
        box.addItem(item.id, [item.id])
    box.setMaxVisibleItems(20)
    return box


def lane_text(lane: str) -> str:
    """Write the name of a lane for a choice."""
    if model := model_of_lane(lane):
        return _tr("Pre-labels of {}").format(model)
    if person := annotator_of_lane(lane):
        return _tr("Labels of {}").format(person)
    return _tr("Annotation")


# -- asking -------------------------------------------------------------------------


def ask_video_export(
    parent: QWidget, item: VideoItem, frames: tuple[int, int] | None, place: Path
) -> tuple[Path, dict[str, Any]] | None:
    """Ask what is burned into a video, and for the file; None where cancelled."""
    dialog = VideoDialog(parent, item, frames)
    choices = _answer(dialog)
    if choices is None:
        return None
    name = f"{item.id}-labels.mp4"
    out = _ask_file(parent, dialog.windowTitle(), place / name, _tr("Videos"), "*.mp4")
    return None if out is None else (_with_ending(out, (".mp4",)), choices)


def ask_clips_export(
    parent: QWidget, project: Project, place: Path
) -> tuple[Path, dict[str, Any]] | None:
    """Ask of which segments clips are written, and where; None where cancelled."""
    dialog = ClipsDialog(parent, project, _seen(project))
    choices = _answer(dialog)
    if choices is None:
        return None
    name = QFileDialog.getExistingDirectory(
        parent, dialog.windowTitle(), str(place), options=_QT_DIALOG
    )
    return (Path(name), choices) if name else None


def ask_plot_export(
    parent: QWidget, project: Project, place: Path
) -> tuple[Path, dict[str, Any]] | None:
    """Ask what is drawn of the labels, and for the file; None where cancelled."""
    dialog = PlotDialog(parent, _seen(project))
    choices = _answer(dialog)
    if choices is None:
        return None
    name = "transitions.svg" if choices["transitions"] else "labels.svg"
    kinds = "*.svg *.pdf *.png"
    out = _ask_file(parent, dialog.windowTitle(), place / name, _tr("Pictures"), kinds)
    endings = (".svg", ".pdf", ".png")
    return None if out is None else (_with_ending(out, endings), choices)


_QT_DIALOG = QFileDialog.Option.DontUseNativeDialog


def _seen(project: Project) -> list[VideoItem]:
    return [shown_to_annotator(project, item) for item in project.videos]


def _answer(dialog: VideoDialog | ClipsDialog | PlotDialog) -> dict[str, Any] | None:
    try:
        return dialog.choices if dialog.exec() else None
    finally:
        dialog.deleteLater()


def _ask_file(
    parent: QWidget, title: str, place: Path, words: str, kinds: str
) -> Path | None:
    name, _ = QFileDialog.getSaveFileName(
        parent, title, str(place), f"{words} ({kinds})", options=_QT_DIALOG
    )
    return Path(name) if name else None


def _with_ending(path: Path, endings: Sequence[str]) -> Path:
    """Add the first ending where a name has none of them."""
    if path.suffix.lower() in endings:
        return path
    return path.with_name(path.name + endings[0])


def _tr(text: str) -> str:
    return QCoreApplication.translate("ExportPictures", text)
