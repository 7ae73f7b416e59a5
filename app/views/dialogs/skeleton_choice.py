"""Choice of the skeleton of a new project: a bundled one, or one of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from app.kit.labels import plain_tip
from app.kit.language import in_language, tr
from app.kit.plural import plural
from app.services.jobs import Job
from app.views.dialogs.list_parts import push_button
from app.views.dialogs.skeleton_dialog import SkeletonDialog
from skelseg_core.errors import SkelsegError
from skelseg_core.estimators import FOUND_SKELETON
from skelseg_core.file_kinds import patterns
from skelseg_core.formats.pose_parts.detections import ANY_SIZE
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeleton_file import SUFFIXES, read_skeleton
from skelseg_core.poses.skeletons import load_skeleton, skeleton_names
from skelseg_core.progress import Progress, Task
from skelseg_core.project.imports.named_keypoints import (
    NamedKeypoints,
    look_for_skeleton,
)
from skelseg_core.said import Said

_ASKED = ""
"""Data of the entry for keypoints of which a person has not said what body it is."""


class SkeletonChoice(QWidget):
    """A box of skeletons, and a button to take one from a file.

    Signals ``told`` with a sentence, empty where there is nothing to say, and
    ``looking`` while a pose file is read. Keypoints that no bundled skeleton has are
    asked about in a dialog, by `complete`.
    """

    told = Signal(str)
    looking = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._job: Job | None = None
        self._ask = False
        self._found: NamedKeypoints | None = None
        self.box = QComboBox()
        self.box.setAccessibleName(tr("Skeleton"))
        names = sorted(skeleton_names(), key=lambda name: name != FOUND_SKELETON)
        for name in names:
            self._add(load_skeleton(name))
        self.button = push_button(tr("From a file…"), self._choose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.button)

    @property
    def name(self) -> str:
        """Name of the chosen skeleton; empty where a person has to complete it."""
        return str(self.box.currentData())

    def _add(self, skeleton: Skeleton) -> None:
        text = plural("{name}: {n} keypoint(s)", len(skeleton), name=skeleton.title)
        if skeleton.name == FOUND_SKELETON:
            text = tr("People: skelseg detects them")
        self.box.addItem(text, skeleton.name)
        names = ", ".join(name.replace("_", " ") for name in skeleton.keypoints)
        self.box.setItemData(
            self.box.count() - 1, plain_tip(names), Qt.ItemDataRole.ToolTipRole
        )

    def take(self, skeleton: Skeleton) -> None:
        """Choose a skeleton, which takes the place of keypoints to be completed."""
        asked = self.box.findData(_ASKED)
        if asked >= 0:
            self.box.removeItem(asked)
        if self.box.findData(skeleton.name) < 0:
            self._add(skeleton)
        self.box.setCurrentIndex(self.box.findData(skeleton.name))

    # -- files ----------------------------------------------------------------------

    def _choose(self) -> None:
        suffixes = tuple(dict.fromkeys([*SUFFIXES, *POSE_FORMATS.suffixes]))
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Skeleton: a YAML file or poses that name their keypoints"),
            "",
            f"{tr('Skeletons and poses')} ({patterns(suffixes)});;{tr('All')} (*)",
            options=QFileDialog.Option.DontUseNativeDialog,
        )
        if name:
            self.take_file(Path(name), ask=True)

    def take_file(self, path: Path, ask: bool = False) -> None:
        """Choose the skeleton of a file; of poses in a thread, then ``ask`` at once."""
        if path.suffix.lower() in SUFFIXES:
            try:
                self.take(read_skeleton(path))
                self.told.emit("")
            except SkelsegError as error:
                self.told.emit(in_language(error))
            return
        self.close_job()
        self._ask = ask
        self._job = job = Job(tr("Keypoints of {}").format(path.name), _look(path))
        # Bound methods: they run in the thread of this widget.
        job.done.connect(self._on_found)
        job.failed.connect(self.told)
        job.ended.connect(self.close_job)
        job.start()
        self.looking.emit(True)

    def _on_found(self, found: str | NamedKeypoints) -> None:
        self.told.emit("")
        if isinstance(found, str):
            self.take(load_skeleton(found))
            return
        self._expect(found)
        if self._ask:
            self.complete(lambda: None)

    def _expect(self, found: NamedKeypoints) -> None:
        """Choose the entry for keypoints that are still to be completed."""
        self._found = found
        text = plural("Custom: {n} keypoint(s)…", len(found.draft.names))
        at = self.box.findData(_ASKED)
        if at < 0:
            at = self.box.count()
            self.box.addItem(text, _ASKED)
        self.box.setItemText(at, text)
        self.box.setCurrentIndex(at)

    def complete(self, then: Callable[[], object]) -> None:
        """Ask what body the keypoints are of where that is open; then go on."""
        if self.name != _ASKED or self._found is None:
            then()
            return
        dialog = SkeletonDialog(self._found, self.window())

        def on_chosen(skeleton: Skeleton) -> None:
            self.take(skeleton)
            then()

        dialog.chosen.connect(on_chosen)
        dialog.open()

    def close_job(self) -> None:
        """Let go of the job that reads a file, and wait for its thread."""
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
            job.wait()
            self.looking.emit(False)


def _look(path: Path) -> Task[str | NamedKeypoints]:
    yield Progress(Said("reading {}", path.name))
    return look_for_skeleton(path, ANY_SIZE)
