"""The second view: another video or lane beside the first, synchronous in time."""

from __future__ import annotations

from dataclasses import asdict

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.playback.decoder import Source, VideoInfo
from app.playback.player import Player
from app.services.models.file_readers import model_dir, read_poses, read_prediction
from app.services.services import Services
from app.state.current_video import ShownPoses
from app.state.document import Change
from app.state.session import Session
from app.views.picture.overlays import PoseOverlay
from app.views.picture.transport import FrameLabel, segment_label
from app.views.picture.video import VideoView
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.bodies import is_body_known, people_in
from skelseg_core.project.project import (
    ANNOTATION,
    Track,
    model_of_lane,
    prediction_lane,
)

SAME = "The same video"
LATEST_S = 36_000.0


class SecondView(QWidget):
    """A second picture that follows the first by the time in seconds.

    While hidden it has no file open. It shows the overlays of the first, and always the
    class, which is what is compared.
    """

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._document = services, services.document
        self._first, self._followed = services.session, services.player
        self.session = Session(self)
        self.player = Player(self.session, self, cache_bytes=128 * 2**20)
        self.video = VideoView(self.session, self.player, main=False)
        self.videos, self.lanes = QComboBox(), QComboBox()
        self.ahead = QDoubleSpinBox()
        self._opened: tuple[str, Source] | None = None
        self._edits: object = None
        # That a person chose; "" for the usual one.
        self._chosen_lane = ""
        # What models said of videos besides the first, by video and lane.
        self._said: dict[tuple[str, str], Segmentation | None] = {}
        self._lay_out()
        self.videos.activated.connect(self._show_video)
        self.lanes.activated.connect(self._on_lane)
        self.ahead.valueChanged.connect(self._follow)
        self._followed.picture_changed.connect(self._follow)
        self._first.video_changed.connect(self._on_changed)
        self._first.overlays_changed.connect(self._copy_look)
        self._first.light_changed.connect(self._copy_look)
        self._document.changed.connect(self._on_document)
        services.models.model_service.models_changed.connect(self._on_changed)
        services.current_video.changed.connect(self._on_changed)
        services.current_video.found.changed.connect(self._on_found)
        self.player.opened.connect(self._on_opened)
        self.player.failed.connect(services.notices.warn)
        self.hide()

    def _lay_out(self) -> None:
        for box, name in (
            (self.videos, self.tr("Video of the second view")),
            (self.lanes, self.tr("Labels of the second view")),
        ):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.ahead.setRange(-LATEST_S, LATEST_S)
        self.ahead.setDecimals(3)
        self.ahead.setSingleStep(0.04)
        self.ahead.setSuffix(" s")
        self.ahead.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.ahead.setAccessibleName(self.tr("Seconds that the second video is ahead"))
        self.ahead.setToolTip(
            self.tr("Seconds by which this camera started before the first one")
        )
        row, layout = QHBoxLayout(), QVBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        row.addWidget(self.videos, 3)
        row.addWidget(self.lanes, 3)
        row.addWidget(self.ahead, 2)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.video, 1)
        self._row = row

    @property
    def head_px(self) -> int:
        """Height of the controls above the picture, once they were shown."""
        return self._row.sizeHint().height()

    def close_video(self) -> None:
        """Close the video's file."""
        self._opened = None
        self.player.close()

    def _clear(self) -> None:
        self._opened = None
        self.player.clear()

    # -- what is shown --------------------------------------------------------------

    @property
    def item(self) -> Track | None:
        """The video of the second view."""
        video_id = self.videos.currentData() or self._first.video_id
        return self._services.current_video.seen(video_id)

    def showEvent(self, event: QShowEvent) -> None:
        self._copy_look()
        self._on_changed()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clear()

    def _on_document(self, change: Change) -> None:
        if change.classes:
            self._said.clear()
        self._on_changed()

    def _on_changed(self, *_: object) -> None:
        if not self.isVisible():
            return
        project, chosen = self._document.project, self.videos.currentData()
        with QSignalBlocker(self.videos):
            self.videos.clear()
            self.videos.addItem(self.tr(SAME), "")
            for item in project.videos:
                self.videos.addItem(item.id, item.id)
            self.videos.setCurrentIndex(max(0, self.videos.findData(chosen)))
        self._show_video()

    def _show_video(self, *_: object) -> None:
        item = self.item
        if item is None:
            self._clear()
            return
        self._fill_lanes(item)
        self._show_labels()
        stated = self._document.folder.stated_path(item)
        edits = item.picks, item.corrections
        if self._opened != (item.id, stated):
            self._opened, self._edits = (item.id, stated), edits
            self.session.set_video(item.id)
            self.video.set_overlay_source(None)
            self._services.files.video_files.open_in(self.player, item)
        elif self._edits != edits and self.player.info is not None:
            self._edits = edits
            self._read_poses(item)

    def _fill_lanes(self, item: Track) -> None:
        chosen = self._chosen_lane
        with QSignalBlocker(self.lanes):
            self.lanes.clear()
            self.lanes.addItem(self.tr("Annotation"), ANNOTATION)
            for model in self._services.current_video.models_of(item.id):
                self.lanes.addItem(
                    self.tr("Model {}").format(model), prediction_lane(model)
                )
            # The default beside the annotation is the last lane: a prediction.
            usual = self.lanes.count() - 1
            found = self.lanes.findData(chosen) if chosen else usual
            self.lanes.setCurrentIndex(found if found >= 0 else usual)

    def _on_lane(self, _: int) -> None:
        self._chosen_lane = str(self.lanes.currentData())
        self._show_labels()

    def _show_labels(self, *_: object) -> None:
        item, lane = self.item, self.lanes.currentData()
        label_map = self._document.project.classes_of(item.id if item else "")
        values = None if item is None else self._segments(item, str(lane))
        if item is None or values is None:
            self.video.set_label_source(None)
            return

        def label(frame: int) -> FrameLabel | None:
            if not 0 <= frame < values.n_frames:
                return None
            return segment_label(values.at(frame), label_map, lane in item.missing)

        self.video.set_label_source(label)

    def _segments(self, item: Track, lane: str) -> Segmentation | None:
        """Return the segments of a lane; what a model said is read first."""
        current, model = self._services.current_video, model_of_lane(lane)
        if not model or item.id == self._first.video_id:
            return current.lane(lane) if model else item.lanes.get(lane)
        key, document = (item.id, lane), self._document
        if key not in self._said:
            self._said[key] = None

            def show(found: Prediction | str) -> None:
                if not isinstance(found, str):
                    self._said[key] = found.segmentation
                    self._show_labels()

            title = self.tr("prediction for {}").format(item.id)
            task = read_prediction(document.folder, document.project, item, model)
            self._services.jobs.start(title, task, show)
        return self._said[key]

    def _on_found(self, _: object) -> None:
        self._said.clear()
        self._on_changed()

    def _copy_look(self) -> None:
        if self.isVisible():
            wanted = asdict(self._first.overlays)
            self.session.set_overlays(**{**wanted, "labels": True})
            self.session.set_gamma(self._first.gamma)

    # -- synchronous playback ----------------------------------------------------------

    def _follow(self, *_: object) -> None:
        """Seek to the frame at the time of the first picture."""
        first, info = self._followed.info, self.player.info
        picture = self._followed.picture
        if info is None or first is None or picture is None or not self.isVisible():
            return
        moment = first.times.start_s(picture.frame) + self.ahead.value()
        frame = info.times.frame_at(moment)
        if frame != self.player.target or self.player.picture is None:
            self.player.seek(frame)

    def _on_opened(self, info: VideoInfo) -> None:
        item = self.item
        if item is None:
            return
        self._follow()
        self._read_poses(item)

    def _read_poses(self, item: Track) -> None:
        folder, skeleton = self._document.folder, self._document.project.skeleton
        poses, model = folder.poses_path(item.id), self._first.model
        self._services.jobs.start(
            self.tr("Poses of {} for the second view").format(item.id),
            read_poses(
                poses,
                item,
                skeleton,
                model_dir(folder, model),
                is_known=is_body_known(self._document.project, item),
                people=list(people_in(self._document.project, item.id).values()),
            ),
            lambda shown: self._on_poses(item.id, shown),
        )

    def _on_poses(self, video_id: str, shown: ShownPoses | None) -> None:
        if shown is None:
            return
        if self._opened is not None and self._opened[0] == video_id:
            self.video.set_overlay_source(PoseOverlay.of(shown))
