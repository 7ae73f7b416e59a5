"""MainWindow: docks and wiring, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.actions import (
    Actions,
    Entry,
    model_entries,
    playback_entries,
    segment_entries,
    separator,
    view_entries,
)
from app.dialogs import Dialogs
from app.document import Document
from app.jobs import Jobs, Worker
from app.operations import Operations, ShownPoses
from app.player import Player
from app.session import Session
from app.settings import Scheme, Settings
from app.timeline.view import TimelineView
from app.views.classes import ClassesView
from app.views.jobs import JobsBar
from app.views.messages import MessageBar
from app.views.model import ModelView
from app.views.overlays import PoseOverlay
from app.views.video import TransportBar, VideoView
from app.views.videos import VideosView
from skelseg_core.errors import SkelsegError
from skelseg_core.project import Prediction
from skelseg_core.segmentation import KEYS


class MainWindow(QMainWindow):
    """The window on one project; asks for another by ``open_requested``."""

    open_requested = Signal(object)  # Path of a project or video

    def __init__(self, document: Document, settings: Settings) -> None:
        super().__init__()
        self.document, self.settings = document, settings
        self.session = Session(self)
        self.player = Player(self.session, self)
        self.jobs = Jobs(Worker(), self)
        self.operations = Operations(
            document, self.session, self.player, self.jobs, self
        )
        self.dialogs = Dialogs(self, self.operations)
        self._build()
        self.actions_table = Actions(self, self._entries())
        self._add_class_keys()
        self._wire()
        self.setWindowTitle(f"{document.project.name} – skelseg")
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        self._restore()

    # -- building -------------------------------------------------------------------

    def _build(self) -> None:
        self.video_view = VideoView(self.session, self.player)
        self.transport = TransportBar(self.session, self.player)
        self.timeline = TimelineView(self.document, self.session, self.player)
        self.messages = MessageBar()
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.messages)
        layout.addWidget(self.video_view, 1)
        layout.addWidget(self.transport)
        self.setCentralWidget(centre)
        self.videos = VideosView(self.document, self.session)
        self.classes = ClassesView(self.document, self.session)
        self.model = ModelView(self.operations)
        area = Qt.DockWidgetArea
        for corner, side in (
            (Qt.Corner.BottomLeftCorner, area.BottomDockWidgetArea),
            (Qt.Corner.BottomRightCorner, area.BottomDockWidgetArea),
        ):
            self.setCorner(corner, side)
        self._dock("Videos", self.videos, area.LeftDockWidgetArea)
        self._dock("Classes", self.classes, area.RightDockWidgetArea)
        self._dock("Model", self.model, area.RightDockWidgetArea)
        bottom = self._dock("Timeline", self.timeline, area.BottomDockWidgetArea)
        bottom.setTitleBarWidget(QWidget())
        self.jobs_bar = JobsBar(self.jobs)
        self.statusBar().addPermanentWidget(self.jobs_bar, 1)
        self.statusBar().setSizeGripEnabled(False)

    def _dock(self, title: str, view: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(view)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        self.addDockWidget(area, dock)
        return dock

    def _entries(self) -> list[Entry]:
        file, edit, view = "&File", "&Edit", "&View"
        dialogs, stack = self.dialogs, self.document.undo_stack
        return [
            Entry("new", file, "New project…", ("Ctrl+N",), self._new),
            Entry("open", file, "Open project…", ("Ctrl+O",), self._open),
            Entry("add", file, "Add videos…", ("Ctrl+Shift+O",), dialogs.add_videos),
            separator(file),
            Entry("save", file, "Save", ("Ctrl+S",), self.document.save),
            Entry("export", file, "Export labels…", ("Ctrl+E",), dialogs.export),
            separator(file),
            Entry("quit", file, "Close", ("Ctrl+Q",), self.close),
            Entry("undo", edit, "Undo", ("Ctrl+Z",), stack.undo, stack.canUndo),
            Entry(
                "redo",
                edit,
                "Redo",
                ("Ctrl+Shift+Z", "Ctrl+Y"),
                stack.redo,
                stack.canRedo,
            ),
            separator(edit),
            Entry("classes", edit, "Classes…", (), dialogs.edit_classes),
            *view_entries(self.operations, self.timeline),
            separator(view),
            Entry("docks", view, "Hide all panels", ("Tab",), self._toggle_docks),
            *(self._scheme_entry(s) for s in ("system", "dark", "light")),
            *playback_entries(self.operations),
            *segment_entries(self.operations),
            *model_entries(self.operations, self.model.show_training),
            Entry("keys", "&Help", "Keys", ("?",), self._show_keys),
        ]

    def _scheme_entry(self, scheme: Scheme) -> Entry:
        texts = {"system": "Colours of the system", "dark": "Dark", "light": "Light"}

        def run() -> None:
            self.settings.scheme = scheme
            application = QApplication.instance()
            if isinstance(application, QApplication):
                theme.apply(application, scheme)

        return Entry(
            f"scheme-{scheme}",
            "&View",
            texts[scheme],
            (),
            run,
            checked=lambda: self.settings.scheme == scheme,
        )

    def _add_class_keys(self) -> None:
        for key in KEYS:
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(lambda k=key: self.operations.apply_key(k))

    def _wire(self) -> None:
        ops, refresh = self.operations, self.actions_table.refresh
        for signal in (
            self.document.changed,
            self.session.video_changed,
            self.session.range_changed,
            self.session.selection_changed,
            self.session.overlays_changed,
            self.player.opened,
            self.player.failed,
            ops.models_changed,
            self.document.undo_stack.indexChanged,
        ):
            signal.connect(lambda *_: refresh())
        ops.said.connect(self.messages.say)
        ops.problem.connect(self.messages.warn)
        ops.thumb_ready.connect(self.videos.set_thumb)
        ops.poses_ready.connect(self._on_poses)
        ops.prediction_ready.connect(self._on_prediction)
        self.player.failed.connect(self.messages.warn)
        self.player.opened.connect(self._on_opened)
        self.document.saved.connect(self.jobs_bar.set_saved)
        self.video_view.person_clicked.connect(ops.pick_subject)
        self.classes.class_chosen.connect(ops.apply_class)
        self.classes.edit_requested.connect(self.dialogs.edit_classes)
        self.videos.add_requested.connect(self.dialogs.add_videos)

    def start(self) -> None:
        """Show the first video; say what was recovered."""
        videos = self.document.project.videos
        if videos:
            open_ones = [v for v in videos if (v.annotation.to_frames() < 0).any()]
            self.session.set_video((open_ones or list(videos))[0].id)
        self.operations.load_thumbs()
        if self.document.recovered:
            self.messages.say(
                f"Recovered {self.document.recovered} edits of a session that was "
                "cut off."
            )

    # -- slots ----------------------------------------------------------------------

    def _on_opened(self, info: Any) -> None:
        if info.damage:
            self.messages.warn(info.damage)
        item = self.operations.item
        if item is not None and info.n_frames != item.n_frames:
            self.messages.warn(
                f"{item.id} now has {info.n_frames} frames, its labels "
                f"{item.n_frames}; put the labelled file back."
            )

    def _on_poses(self, video_id: str, shown: ShownPoses | None) -> None:
        if video_id != self.session.video_id:
            return
        overlay = None
        if shown is not None:
            overlay = PoseOverlay(
                shown.poses, shown.subject, shown.skeleton, shown.heatmap
            )
        self.video_view.set_overlay_source(overlay)

    def _on_prediction(self, video_id: str, lane: str, prediction: Prediction) -> None:
        if video_id == self.session.video_id:
            best = prediction.probabilities.max(axis=1)
            self.timeline.set_confidence(lane, best)

    def _toggle_docks(self) -> None:
        docks = [d for d in self.findChildren(QDockWidget) if d.widget() is not None]
        side = [d for d in docks if d.widget() is not self.timeline]
        hide = any(d.isVisible() for d in side)
        for dock in side:
            dock.setVisible(not hide)

    def _show_keys(self) -> None:
        classes = self.document.project.label_map.classes
        rows = [("Classes", c.name, c.key) for c in classes if c.key]
        self.dialogs.show_keys([*self.actions_table.sheet(), *rows])

    def _new(self) -> None:
        made = self.dialogs.new_project()
        if made is not None:
            self.open_requested.emit(made)

    def _open(self) -> None:
        chosen = self.dialogs.choose_project()
        if chosen is not None:
            self.open_requested.emit(chosen)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = _dropped(event.mimeData())
        projects = [p for p in paths if (p / "project.json").is_file()]
        # The drop has to end before a dialog or another window may open.
        if projects:
            QTimer.singleShot(0, lambda: self.open_requested.emit(projects[0]))
        elif paths:
            QTimer.singleShot(0, lambda: self._on_dropped(paths))

    def _on_dropped(self, videos: list[Path]) -> None:
        made = self.dialogs.dropped(videos)
        if made is not None:
            self.open_requested.emit(made)

    # -- closing --------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.set_layout("geometry", self.saveGeometry())
        self.settings.set_layout("docks", self.saveState())
        self.player.close()
        self.jobs.close()
        try:
            self.document.close()
        except SkelsegError as error:
            self.dialogs.tell(f"{error} Your edits are kept and come back next time.")
        event.accept()

    def _restore(self) -> None:
        geometry, docks = (
            self.settings.layout("geometry"),
            self.settings.layout("docks"),
        )
        if geometry is not None:
            self.restoreGeometry(geometry)
        if docks is None or not self.restoreState(docks):
            left, right = self.videos.parentWidget(), self.classes.parentWidget()
            bottom = self.timeline.parentWidget()
            if isinstance(left, QDockWidget) and isinstance(right, QDockWidget):
                self.resizeDocks([left, right], [220, 260], Qt.Orientation.Horizontal)
            if isinstance(bottom, QDockWidget):
                self.resizeDocks([bottom], [260], Qt.Orientation.Vertical)

    def sizeHint(self) -> QSize:
        return QSize(1440, 900)


def _dropped(data: QMimeData) -> list[Path]:
    return [Path(u.toLocalFile()) for u in data.urls() if u.isLocalFile()]
