"""Headers: titles of the lanes; drag one to reorder, its lower edge to resize.

They are a widget of their own over the left of the timeline, so that titles are painted
when a lane changes, not at every step of a pan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QMenu, QPushButton, QToolTip, QWidget

from app.kit.key_policy import declare_keys, plain
from app.kit.label_style import Style, blend, person_color
from app.kit.painting import painting
from app.timeline.kinds.track import PersonLane, TrackLane
from app.timeline.lane import KEYPOINTS, MEASURES, SEGMENTS, Lane
from app.timeline.lane_chooser import LaneChooser
from app.timeline.lane_set import LaneSet
from app.timeline.layout import LaneRow
from app.timeline.video_data import VideoData
from skelseg_core.project.tracks import TrackId

EDGE_PX = 4
_LEFT = 12.0
_INDENT = 8.0
_SWATCH_PX = 10.0
_NAME_PX = 12


@dataclass(frozen=True)
class _HeaderDrag:
    """A lane or its lower edge that the mouse drags, and the state before."""

    lane: Lane
    edge: bool
    from_y: float
    height: int
    before: LaneSet
    rows: tuple[LaneRow, ...]


class Headers(QWidget):
    """Paint the titles of ``rows`` and let them be moved and resized.

    Names of the lines within a lane are painted where the lane is high enough.
    ``style`` returns the colours.
    """

    def __init__(
        self,
        chooser: LaneChooser,
        rows: Callable[[], list[LaneRow]],
        video: VideoData,
        style: Callable[[], Style],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._chooser, self._rows = chooser, rows
        self._video, self._style = video, style
        self._drag: _HeaderDrag | None = None
        self._menu = lanes_menu(chooser, self)
        # During a drag Escape cancels it, whatever else Escape does.
        declare_keys(
            self, lambda e: self._drag is not None and plain(e, Qt.Key.Key_Escape)
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Titles of the lanes"))

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            style = self._style()
            painter.fillRect(self.rect(), style.surface)
            held = self._drag.lane if self._drag is not None else None
            held_row = self._held_heading()
            for row in [*self._rows(), *([held_row] if held_row else [])]:
                if not event.rect().intersects(_place(row, self.width())):
                    continue
                if row is held_row:
                    painter.fillRect(_place(row, self.width()), style.surface)
                lifted = held is not None and held.group == row.lane.group
                if lifted:
                    shade = blend(style.surface, style.text, 0.1)
                    painter.fillRect(
                        QRectF(0, row.top, self.width(), row.height), shade
                    )
                several = len(self._video.tracks) > 1
                chosen = row.lane.key == self._chooser.chosen
                # Of several tracks only the one that keys act on has the bar.
                if row.lane.editable if several and row.lane.fixed else chosen:
                    painter.fillRect(QRectF(0, row.top, 3, row.height), style.accent)
                names = row.lane.line_names(self._video)
                if names and row.height >= len(names) * _NAME_PX:
                    _paint_names(painter, row, names, self.width(), style)
                else:
                    below, inks = row.lane.subtitle(self._video), style
                    if isinstance(row.lane, PersonLane):
                        _paint_swatch(painter, row, self._video.people)
                        if row.lane.name != self._video.item.person:
                            inks = replace(style, text=style.dim)
                    _paint_title(painter, row, below, self.width(), inks)

    def _held_heading(self) -> LaneRow | None:
        """Return the heading that stays at the top over the tracks of its person."""
        rows = self._rows()
        first = next((n for n, row in enumerate(rows) if row.bottom > 0), None)
        if first is None or not rows[first].lane.fixed:
            return None
        headings = [row for row in rows if isinstance(row.lane, PersonLane)]
        gone = [row for row in headings if row.top < 0]
        if not gone:
            return None
        below = (row.top - gone[-1].height for row in headings[len(gone) :])
        return replace(gone[-1], top=min(0, *below, 0))

    # -- mouse ----------------------------------------------------------------------

    def _under(self, y: float) -> tuple[LaneRow, bool] | None:
        """Return the row under a pixel, and whether that is its lower edge."""
        rows, heading = self._rows(), self._held_heading()
        if heading is not None and y < heading.bottom:
            return heading, False
        for row in rows:
            if abs(y - row.bottom) < EDGE_PX:
                return row, True
        found = next((r for r in rows if r.top <= y < r.bottom), None)
        return None if found is None else (found, False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._under(event.position().y())
        if found is None:
            return
        row, edge = found
        self._chooser.choose(row.lane.key)
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not edge and isinstance(row.lane, TrackLane):
            self._video.activate(TrackId(row.lane.name))
        elif left and not edge and isinstance(row.lane, PersonLane):
            self._chooser.fold(row.lane.key)
        elif left:
            y, before = event.position().y(), self._chooser.value
            rows = tuple(self._rows())
            self._drag = _HeaderDrag(row.lane, edge, y, row.height, before, rows)
            self.setFocus()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons():
            self._cancel_drag()  # the button was released over a menu or another window
        y, drag = event.position().y(), self._drag
        if drag is None:
            self._show_cursor(y)
        elif drag.edge:
            height = drag.height + y - drag.from_y
            self._chooser.show_as(drag.before.with_height(drag.lane, height))
        elif abs(y - drag.from_y) >= 4:
            self._move_dragged(drag, y)

    def _move_dragged(self, drag: _HeaderDrag, y: float) -> None:
        """Move the dragged lane to the pointer."""
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        # Use the rows from before the drag: lanes of different heights would otherwise
        # swap again and again under a pointer that stands still.
        found = next((r for r in drag.rows if r.top <= y < r.bottom), None)
        if found is not None:
            lanes, onto = self._chooser.lanes, found.lane.group
            self._chooser.show_as(drag.before.moved(lanes, drag.lane.group, onto))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag = self._end_drag()
        if drag is not None and self._chooser.value != drag.before:
            self._chooser.set(self._chooser.value)
        self._show_cursor(event.position().y())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self._under(event.position().y())
        if found is not None and found[1]:
            self._chooser.set(self._chooser.value.with_height(found[0].lane, None))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._drag is not None:
            self._cancel_drag()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._cancel_drag()

    def _cancel_drag(self) -> None:
        drag = self._end_drag()
        if drag is not None:
            self._chooser.show_as(drag.before)

    def _end_drag(self) -> _HeaderDrag | None:
        drag, self._drag = self._drag, None
        if drag is not None:
            self.unsetCursor()
            parent = self.parentWidget()
            if parent is not None:
                parent.setFocus()
            self.update()
        return drag

    def _show_cursor(self, y: float) -> None:
        found = self._under(y)
        if found is None or (found[0].lane.editable and not found[1]):
            self.unsetCursor()
        elif found[0].lane.fixed and not found[1]:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif found[1]:
            self.setCursor(Qt.CursorShape.SizeVerCursor)
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.show_menu(event.globalPos())

    def show_menu(self, at: QPoint | None = None) -> None:
        """Open the menu of lanes, by default at its button."""
        self._menu.popup(at or self.mapToGlobal(QPoint(4, 24 - self.y())))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().y()), self)
            return True
        return super().event(event)

    def tip_at(self, y: float) -> str:
        """Return the tooltip: the lane's full title, and what the mouse does there."""
        found = self._under(y)
        if found is None:
            return ""
        if found[1]:
            how = self.tr("Drag to resize. Double-click for the default height")
        elif isinstance(found[0].lane, TrackLane):
            how = self.tr("Click to label this track")
        elif isinstance(found[0].lane, PersonLane):
            how = self.tr("Click to fold or show the tracks of this person")
        elif found[0].lane.editable:
            how = self.tr("You label this track")
        else:
            how = self.tr("Drag to move. Right-click to choose lanes")
        title, *more = found[0].lane.header_tip(self._video)
        return "<br>".join([f"<b>{escape(title)}</b>", *map(escape, [*more, how])])


def lanes_button(chooser: LaneChooser, parent: QWidget) -> QPushButton:
    """Make the button over the headers that opens the menu of lanes."""
    button = QPushButton(parent.tr("Lanes"), parent)
    button.setToolTip(parent.tr("Choose what the timeline shows"))
    button.setAccessibleName(parent.tr("Lanes of the timeline"))
    button.setFlat(True)
    # Tool buttons centre their text in every style, hence a push button.
    button.setStyleSheet(
        "QPushButton { text-align: left; padding: 0 8px; min-height: 0; border: none;"
        " background: transparent; font-weight: normal; }"
        "QPushButton:hover, QPushButton:focus { background: palette(mid); }"
    )
    button.setMenu(lanes_menu(chooser, button))
    return button


def lanes_menu(chooser: LaneChooser, parent: QWidget) -> QMenu:
    """Make a menu that shows and hides the lanes of the current video."""
    menu = QMenu(parent)
    menu.aboutToShow.connect(lambda: _fill(menu, chooser))
    return menu


def _fill(menu: QMenu, chooser: LaneChooser) -> None:
    menu.clear()
    keypoints: QMenu | None = None
    part = SEGMENTS
    for row in chooser.menu_rows():
        if row.part == MEASURES and part == SEGMENTS:
            menu.addSeparator()
        if row.part == KEYPOINTS and keypoints is None:
            keypoints = menu.addMenu(menu.tr("Speed of a keypoint"))
        part = row.part
        into = menu if row.part < KEYPOINTS or keypoints is None else keypoints
        action = into.addAction(row.text)
        action.setCheckable(True)
        action.setChecked(row.shown)
        action.triggered.connect(lambda _=False, key=row.key: chooser.toggle(key))
    menu.addSeparator()
    menu.addAction(menu.tr("Reset the lanes"), chooser.reset)


def _place(row: LaneRow, width: int) -> QRect:
    return QRect(0, row.top, width, row.height)


def _paint_names(
    painter: QPainter, row: LaneRow, names: list[str], width: int, style: Style
) -> None:
    """Paint a name beside each line of a row."""
    metrics, left = QFontMetricsF(style.small), _LEFT + _INDENT
    painter.setFont(style.small)
    painter.setPen(style.dim)
    step = row.height / len(names)
    for n, name in enumerate(names):
        middle = row.top + (n + 0.5) * step
        base = middle + (metrics.ascent() - metrics.descent()) / 2
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width - left - 8)
        painter.drawText(QPointF(left, base), text)


def _paint_title(
    painter: QPainter, row: LaneRow, below: str, width: int, style: Style
) -> None:
    """Paint title and subtitle, where they fit; a lane under another is indented."""
    lane = row.lane
    font = style.small if lane.minor or row.height < 20 else style.font
    left = _LEFT + (_INDENT if lane.attached else 0.0)
    if isinstance(lane, PersonLane):
        left += _SWATCH_PX + 6
        font = QFont(font)
        font.setBold(True)
    first, second = QFontMetricsF(font), QFontMetricsF(style.small)
    if below and first.height() + second.height() > row.height + 2:
        below = ""
    room = width - left - 8.0
    high = first.height() + (second.height() if below else 0)
    at = row.top + (row.height - high) / 2
    painter.setFont(font)
    painter.setPen(style.dim if lane.minor else style.text)
    title = first.elidedText(lane.title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QPointF(left, at + first.ascent()), title)
    if below:
        painter.setFont(style.small)
        painter.setPen(style.dim)
        text = second.elidedText(below, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(left, at + first.height() + second.ascent()), text)


def _paint_swatch(painter: QPainter, row: LaneRow, people: Sequence[str]) -> None:
    """Paint the colour that skeleton and name of a person have in the picture."""
    colour = QColor(person_color(people.index(row.lane.name)))
    painter.fillRect(QRectF(_LEFT, row.top + 4, _SWATCH_PX, row.height - 8), colour)
