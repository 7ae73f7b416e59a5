"""TimelineView: the widget that shows the lanes and turns the mouse into edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QToolTip, QWidget

from app.kit.commands import command
from app.kit.key_policy import declare_keys
from app.kit.label_style import Style, clock, style_of
from app.kit.painting import painting
from app.timeline.geometry import TimeWindow
from app.timeline.headers import Headers, lanes_button
from app.timeline.key_line import KEYS_PX, KeyLine
from app.timeline.kinds import READERS, lanes_of
from app.timeline.kinds.difference import DifferenceLane
from app.timeline.kinds.track import PersonLane, TrackLane
from app.timeline.lane import TipPoint
from app.timeline.lane_chooser import LaneChooser
from app.timeline.layout import (
    HEADER_PX,
    LANES_TOP,
    MINIMUM_HEIGHT,
    RIGHT_PX,
    RULER_TOP,
    USUAL_HEIGHT,
    LaneRow,
)
from app.timeline.minimap import minimap_tip
from app.timeline.motion import Motion
from app.timeline.painter import Marks, TimelinePainter
from app.timeline.pointer import ClassKey, Pointer
from app.timeline.ruler import corrected_tip
from app.timeline.selection_overlay import SelectionOverlay, SelectionPlace
from app.timeline.video_data import VideoData
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.videos_and_tracks import Track

if TYPE_CHECKING:
    from app.playback.player import Player
    from app.state.change import Change
    from app.state.current_video import CurrentVideo

ZOOM_STEP = 1.5
NEIGHBOUR, NEIGHBOUR_S = 2.0, 2.0
"""How much of a neighbour is shown beside an item in review: at most this many times
its length, or this many seconds."""
DIFFERENCES = DifferenceLane.kind
_RESTYLED = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


class TimelineView(QWidget):
    """Paint the lanes of the current video and turn mouse events into gestures.

    Signals ``boundary_dragged`` with the frame of the dragged boundary, None at the
    end, and ``menu_requested`` with lane, frame and screen position of the context
    menu. ``keys`` returns the class whose key is down.
    """

    boundary_dragged = Signal(object)
    menu_requested = Signal(object, int, QPoint)

    def __init__(
        self,
        current: CurrentVideo,
        player: Player,
        keys: ClassKey | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        document, session = current.document, current.session
        self.document, self.session, self.player = document, session, player
        self.data = VideoData(current, READERS, self)
        self.data.changed.connect(self._lay_out)
        self.data.grown.connect(self.paint_anew)
        self._painter = TimelinePainter(self.data)
        self._motion = Motion(self)
        self.lanes = LaneChooser(self)
        self.lanes.changed.connect(self._lay_out)
        self._headers = Headers(
            self.lanes, self._header_rows, self.data, self._styled, self
        )
        lanes_button(self.lanes, self).setGeometry(4, 3, HEADER_PX - 12, 20)
        self._view = TimeWindow.fitted(1, 1)
        # What was shown before the review came to its first item.
        self._left_view: TimeWindow | None = None
        self.key_line: KeyLine | None = None
        self._style: Style | None = None
        self._shown_frame = 0
        self._annotation: object = None
        self._scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self._scroll.hide()
        self._scroll.valueChanged.connect(self._on_scrolled)
        self.pointer = Pointer(self, self, self._painter, self._scroll, keys)
        declare_keys(self, self.pointer.wants_key)
        self.pointer.dragged.connect(self.boundary_dragged)
        self.setAccessibleName(self.tr("Timeline"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(HEADER_PX + 120, MINIMUM_HEIGHT)
        document.changed.connect(self._on_changed)
        session.video_changed.connect(self._on_video_changed)
        session.frame_changed.connect(self._on_frame_changed)
        session.range_changed.connect(self.update)
        session.selection_changed.connect(self.update)
        session.recording_changed.connect(self.update)
        session.place_changed.connect(self.update)
        player.first_picture_shown.connect(self._on_first_picture)
        self._on_video_changed(session.track_id)

    # -- for other parts of the window ---------------------------------------------

    @property
    def view(self) -> TimeWindow:
        """The visible part of the video."""
        return self._view

    def set_view(self, view: TimeWindow) -> None:
        """Show another part of the video."""
        if view != self._view:
            self._view = view
            self.update()

    def item(self) -> Track | None:
        """Return the current video."""
        return self.data.find()

    @property
    def shows_differences(self) -> bool:
        """True if a lane of differences is visible."""
        return any(isinstance(lane, DifferenceLane) for lane in self.lanes.seen)

    def difference_from(self, frame: int, direction: int) -> int | None:
        """Return the next (1) or previous (-1) difference of a visible lane, or None.

        That is the lane clicked last, else the topmost; one is shown where none was.
        """
        shown = [lane for lane in self.lanes.seen if isinstance(lane, DifferenceLane)]
        if not shown and any(lane.kind == DIFFERENCES for lane in self.lanes.lanes):
            self.lanes.set_shown(DIFFERENCES, True)
            shown = [i for i in self.lanes.seen if isinstance(i, DifferenceLane)]
        shown.sort(key=lambda lane: lane.key != self.lanes.chosen)
        found = shown[0].compared(self.data) if shown else None
        if found is None:
            return None
        frames = found.frames
        there = frames[frames > frame] if direction > 0 else frames[frames < frame]
        if not len(there):
            return None
        return int(there[0] if direction > 0 else there[-1])

    def snap_candidates(self) -> np.ndarray:
        """Return the frames at which something begins in the visible lanes, (N,).

        Sorted, without duplicates; of all lanes but the annotation.
        """
        found = [np.zeros(0, np.int64)]
        if self.item() is not None:
            shown = (lane for lane in self.lanes.seen if not lane.editable)
            found += [lane.snap_frames(self.data) for lane in shown]
        return np.unique(np.concatenate(found))

    @command("lanes", "Choose lanes…", "Shift+L")
    def show_lanes_menu(self) -> None:
        """Open the menu that shows and hides every lane."""
        self._headers.show_menu()

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands in hints; ``keys`` finds them by id."""
        self.data.key_of = keys
        self.paint_anew()

    @property
    def rows(self) -> list[LaneRow]:
        """The visible lanes with their places in the widget."""
        return self._painter.rows

    def paint_anew(self) -> None:
        """Repaint everything."""
        self._headers.update()
        self._painter.forget()
        self.update()

    def close_video(self) -> None:
        """Close the video's file."""
        self.data.close()

    @command("zoom-in", "Zoom the timeline in", "+", "=")
    def zoom_in(self) -> None:
        """Zoom in around the playhead, or the middle where it is not visible."""
        self._zoom(ZOOM_STEP)

    @command("zoom-out", "Zoom the timeline out", "-")
    def zoom_out(self) -> None:
        """Zoom out around the playhead."""
        self._zoom(1 / ZOOM_STEP)

    @command("zoom-fit", "Whole video in the timeline", "F")
    def zoom_fit(self) -> None:
        """Show the whole video."""
        self._go_to(self._view.fit())

    def ensure_visible(self, frame: int) -> None:
        """Move by a page where ``frame`` is not visible."""
        self.set_view(self._view.showing(frame))

    def sees(self, start: int, stop: int) -> bool:
        """Return True if any of these frames is visible."""
        view = self._view
        return self.isVisible() and start < view.last and stop > view.first

    def reveal(self, start: int, stop: int) -> None:
        """Scroll to these frames, the first of them where not all have room."""
        half = self._view.width * self._view.frames_per_px / 2
        self._go_to(self._view.centred(min((start + stop) / 2, start + 0.9 * half)))

    def show_place(self) -> None:
        """Zoom to the item in review and its neighbours, unless it is dragged."""
        item, place = self.item(), self.session.place
        if item is None or place is None or self.pointer.gesture is not None:
            return
        if self._left_view is None:
            self._left_view = self._view
        lane, (start, stop) = item.annotation, place.whole
        # Of neighbours as much as tells where they begin, however long they are.
        most = max(NEIGHBOUR * (stop - start), NEIGHBOUR_S * item.video.mean_rate)
        before, after = (
            lane.at(max(start - 1, 0)),
            lane.at(min(stop, lane.n_frames - 1)),
        )
        first, last = max(before.start, start - most), min(after.stop, stop + most)
        self._go_to(self._view.spanning(min(first, start), max(last, stop)))

    def leave_place(self) -> None:
        """Show again what was shown before the review, moved to the playhead."""
        left, self._left_view = self._left_view, None
        if left is not None:
            view = left.resized(self._view.width)
            self._go_to(view.showing(self.session.frame))

    def _go_to(self, view: TimeWindow) -> None:
        """Show another part of the video, and the way to it."""
        left = self._motion.view(self._view)
        if view != self._view:
            self.set_view(view)
            self._motion.move(left)

    def sizeHint(self) -> QSize:
        return QSize(900, USUAL_HEIGHT)

    def _zoom(self, factor: float) -> None:
        frame = self.session.frame
        shown = self._view.holds(frame)
        x = self._view.x_of(frame) if shown else self._view.width / 2
        self.set_view(self._view.zoomed(factor, x))

    # -- signals ---------------------------------------------------------------------

    def _on_video_changed(self, _video_id: str) -> None:
        self._motion.stop()
        self.pointer.forget()
        self.data.forget()
        item = self.item()
        self._annotation = item.annotation if item is not None else None
        width = max(1, self.width() - HEADER_PX - RIGHT_PX)
        if not self.session.same_film:
            self._view = TimeWindow.fitted(item.n_frames if item else 1, width)
            self._left_view = None
        self._shown_frame = self.session.frame
        self.pointer.hover(None)
        self._lay_out()
        self._show_active()

    def _show_active(self) -> None:
        """Scroll to the lane that is labelled: no key acts on what is not seen."""
        row = self._painter.annotation_row()
        if row is not None:
            below = row.bottom + 6 - self.height()
            headings = [r.height for r in self.rows if isinstance(r.lane, PersonLane)]
            above = LANES_TOP + 2 + max(headings, default=0) - row.top
            by = below if below > 0 else -above if above > 0 else 0
            self._scroll.setValue(self._scroll.value() + by)

    def _on_changed(self, change: Change) -> None:
        shown = self.session.track_id
        tracks = change.after.tracks_of(self.session.video_id)
        if not any(map(change.touches, (shown, *(track.id for track in tracks)))):
            return
        item = self.item()
        if item is None or item.n_frames != self._view.n_frames:
            self._on_video_changed(self.session.track_id)
        elif item.annotation is not self._annotation:
            self._annotation = item.annotation
            if self.pointer.gesture is None:
                self._motion.fade(self._painter.shown)
            self.pointer.edited()
        if change.only_labels:
            self.paint_anew()  # the lanes are those that there were
        else:
            self._lay_out()

    def _on_first_picture(self) -> None:
        if self.player.info is not None:
            self.data.open(self.player.path, self.player.info)

    def _on_scrolled(self, value: int) -> None:
        self._painter.scroll_to(value)
        self._headers.update()
        self.update()

    def _on_frame_changed(self, frame: int) -> None:
        old, self._shown_frame = self._shown_frame, frame
        open_end = (self.session.range_in is None) != (self.session.range_out is None)
        if self.pointer.gesture is None and not self._view.holds(frame):
            self.ensure_visible(frame)
        elif (
            self.pointer.gesture is not None
            or open_end
            or self.session.growing is not None
        ):
            self.update()
        elif self.item() is not None:
            for moved in (old, frame):
                self.update(
                    self._painter.playhead_region(
                        self._view, moved, self.height(), self._styled()
                    )
                )

    def _lay_out(self) -> None:
        chooser = self.lanes
        chooser.set_lanes(lanes_of(self.data))
        height = self.height()
        if self.key_line is not None and self.key_line.texts(self.data.key_of):
            height -= KEYS_PX
        needed = self._painter.lay_out(chooser.lanes, chooser.value, height)
        hidden = max(0, needed - self.height())
        self._scroll.setRange(0, hidden)
        self._scroll.setPageStep(max(1, self.height() - LANES_TOP))
        self._scroll.setVisible(hidden > 0)
        self._painter.scroll_to(self._scroll.value())
        self._headers.update()
        self.update()

    def _header_rows(self) -> list[LaneRow]:
        """Return the rows relative to the top of the lanes, as headers need them."""
        return [replace(row, top=row.top - LANES_TOP) for row in self.rows]

    def _styled(self) -> Style:
        if self._style is None:
            self._style = style_of(self)
        return self._style

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            item, style = self.item(), self._styled()
            if item is None or not self.rows:
                self._paint_empty(painter, style)
                return
            drag, ratio = self.pointer.drag(), self.devicePixelRatioF()
            view = self._motion.view(self._view)
            lanes = self._painter.picture(view, style, self.size(), ratio, drag)
            painter.drawPixmap(0, 0, lanes)
            self._motion.paint(painter, lanes)
            self._paint_key_line(painter, style)
            self._paint_selection(painter, item, style)
            marks = Marks(
                self._shown_frame,
                clock(self.data.seconds_of(self._shown_frame)),
                None
                if self.pointer.paints
                else self.session.marked_range(item.n_frames),
                self.pointer.hovered,
                self.session.boundary,
                drag,
            )
            self._painter.paint_marks(painter, item, view, self.height(), marks, style)

    def _paint_key_line(self, painter: QPainter, style: Style) -> None:
        """Name keys below the lanes, where there is room."""
        top = self._painter.bottom(self.height())
        if self.key_line is not None and self.height() - top >= KEYS_PX:
            area = QRectF(HEADER_PX, self.height() - KEYS_PX, self._view.width, KEYS_PX)
            self.key_line.paint(painter, area, style, self.data.key_of)

    def use_key(self, command_id: str) -> None:
        """Count the use of a key; a key that is known is not named below the lanes."""
        if self.key_line is not None and self.key_line.use(command_id):
            self._lay_out()

    def _paint_selection(self, painter: QPainter, item: Track, style: Style) -> None:
        row = self._painter.annotation_row()
        if row is None:
            return
        painter.save()
        painter.translate(HEADER_PX, 0)
        painter.setClipRect(0, LANES_TOP - 2, self._view.width, self.height())
        project = self.document.project
        place = SelectionPlace(
            painter, self._view, row.top, row.height, style, project.all_classes
        )
        selected = SelectionOverlay.of(
            self.session, item.annotation, self.pointer.gesture
        )
        # What is painted by a class of another tier is seen in the lane of that.
        made = selected.made[2] if selected.made else None
        track = project.track_for(item, made).id
        others = (r for r in self.rows if isinstance(r.lane, TrackLane))
        beside = next((r for r in others if r.lane.name == track), row)
        selected.paint(place, replace(place, top=beside.top, height=beside.height))
        painter.restore()

    def _paint_empty(self, painter: QPainter, style: Style) -> None:
        painter.fillRect(self.rect(), style.surface)
        painter.setPen(style.dim)
        painter.drawText(
            self.rect().adjusted(12, 0, -12, 0),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            self.tr("Segments appear here. Add a video or choose one in the list."),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        lanes = max(0, self.height() - LANES_TOP)
        self._scroll.setGeometry(self.width() - 10, LANES_TOP, 10, lanes)
        self._headers.setGeometry(0, LANES_TOP, HEADER_PX - 4, lanes)
        self._view = self._view.resized(self.width() - HEADER_PX - RIGHT_PX)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RESTYLED:
            self._style = None
            self.paint_anew()

    # -- mouse and keys go to the pointer
    # ------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # Releasing another button than the dragging one ends nothing.
        if not event.buttons():
            self.pointer.release()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.pointer.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.pointer.key(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        spot = self.pointer.spot(event.pos() if by_mouse else None)
        if spot is not None:
            place = event.globalPos() if by_mouse else self.mapToGlobal(spot.at)
            self.menu_requested.emit(spot.lane, spot.frame, place)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            busy = self.pointer.gesture is not None
            QToolTip.showText(
                event.globalPos(), "" if busy else self.tip_at(event.pos()), self
            )
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointer.leave()

    def hideEvent(self, event: QHideEvent) -> None:
        self.pointer.drop()

    def tip_at(self, pos: QPoint) -> str:
        """Return the tooltip at a point of the widget."""
        item, reach = self.item(), 4 * self._view.frames_per_px
        x, row = pos.x() - HEADER_PX, self._painter.row_at(pos.y())
        if item is None or not 0 <= x < self._view.width:
            return ""
        if row is None:
            if pos.y() < RULER_TOP:
                return minimap_tip(self.data.segments(ANNOTATION))
            spans = self._painter.corrected(item)
            return corrected_tip(spans, self._view.position(x), reach)
        share = (pos.y() - row.top) / row.height
        point = TipPoint(self._view.frame_at(x), share, reach)
        return row.lane.tip(point, self.data)
