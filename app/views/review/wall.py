"""The wall: a screen of strips over the window, with what is chosen and what is left.

It lies over everything but the top row, so that no dock moves. While
it is open no key acts on what it hides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QElapsedTimer,
    QEvent,
    QObject,
    QPoint,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.kit.commands import command
from app.kit.key_policy import declare_keys
from app.kit.keyboard import give_keyboard
from app.kit.labels import Label
from app.kit.plural import plural
from app.playback.player import Player
from app.services.review.review_wall import ReviewWall
from app.state.current_video import POSES, PREDICTIONS, CurrentVideo
from app.views.fields import ChoiceBox, EmptyState
from app.views.review.key_rows import KeyRow, KeyRows
from app.views.review.strip_pictures import StripPictures
from app.views.review.strip_view import StripView
from app.views.review.wall_choice import WallChoice
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import model_of_lane
from skelseg_core.review.wall import Choice, OfTransition, Strip

TICK_MS = 100
"""Milliseconds after which it is noted again what is on the screen."""
COPY = "Copy the prediction"
KEYS = (
    ("Space", "wrong"),
    ("1–0", "label"),
    ("undecided", "undecided"),
    ("Bksp", "merge"),
    ("Alt+←→", "move the start"),
    ("G", "in the picture"),
    ("PgUp PgDown", "page"),
    ("Esc", "close"),
)
"""Keys of the wall, or the command of one, with a word for each."""


class WallView(QWidget):
    """Fill the window with strips while it is open.

    A command that gives the keyboard to something below ends that for a while.
    Signals ``went_to`` with a strip that is to be seen in the picture, ``shown``,
    ``hidden``, ``closed``, and ``copy_requested`` where that is to be done first.
    """

    went_to = Signal(object)
    shown = Signal()
    hidden = Signal()
    closed = Signal()
    copy_requested = Signal()

    def __init__(
        self,
        window: QMainWindow,
        wall: ReviewWall,
        current: CurrentVideo,
        player: Player,
        messages: QWidget,
        top: Callable[[], int],
    ) -> None:
        super().__init__(window)
        self._window, self._wall, self._player = window, wall, player
        self._current, self._messages, self._top = current, messages, top
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.pictures = StripPictures(current, player, self)
        self.strips = StripView(wall, self.pictures, self)
        self.choice = WallChoice(wall, self.tr("What to show on the wall"))
        self.videos = ChoiceBox(
            self.tr("Videos on the wall"),
            [self.tr("This video"), self.tr("All videos")],
        )
        self.videos.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.videos.setMinimumWidth(self.videos.sizeHint().width())
        self.with_seen = QCheckBox(self.tr("Also reviewed ones"))
        self.large = QCheckBox(self.tr("Large, with ends"))
        self.large.setToolTip(
            self.tr("Larger pictures: Return then marks ends as reviewed too")
        )
        self.page = Label()
        self.before, self.after = QPushButton("‹"), QPushButton("›")
        self.close_button = QPushButton(self.tr("Close"))
        self.keys, self._undecided = KeyRows(), "–"
        self.review_button = QPushButton()
        self.review_button.setProperty("primary", True)
        self.review_button.setAccessibleName(self.tr("Mark this page as reviewed"))
        self.review_button.setToolTip(
            self.tr("All is right on this page, except what you marked wrong")
        )
        self.empty = EmptyState()
        self._lay_out()
        declare_keys(self, lambda e: self.hasFocus() and self.strips.wants_key(e))
        self._clock = QElapsedTimer()
        self._ticks = QTimer(self)
        self._ticks.setInterval(TICK_MS)
        self._connect(current)
        self.hide()

    def _lay_out(self) -> None:
        title = Label(self.tr("Wall"))
        title.setStyleSheet("font-weight: 600")
        head, foot = QHBoxLayout(), QHBoxLayout()
        for bar in (head, foot):
            bar.setContentsMargins(12, 8, 12, 8)
            bar.setSpacing(12)
        head.addWidget(title)
        head.addWidget(self.videos)
        head.addWidget(self.choice)
        head.addWidget(self.with_seen)
        head.addWidget(self.large)
        head.addStretch()
        for button, text in (
            (self.before, self.tr("Previous page")),
            (self.after, self.tr("Next page")),
        ):
            button.setAccessibleName(text)
            button.setToolTip(text)
        head.addWidget(self.before)
        head.addWidget(self.page)
        head.addWidget(self.after)
        head.addWidget(self.close_button)
        foot.addWidget(self.keys, 1)
        foot.addWidget(self.review_button)
        self._pages = QStackedLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self._pages, 1)
        layout.addLayout(foot)
        self._pages.addWidget(self.strips)
        self._pages.addWidget(self.empty)
        for button in (self.before, self.after, self.close_button, self.review_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for box in (self.with_seen, self.large):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _connect(self, current: CurrentVideo) -> None:
        self._wall.changed.connect(self._refresh)
        self.choice.chosen.connect(self._on_choice)
        self.videos.activated.connect(self._on_videos)
        self.with_seen.toggled.connect(self._on_with_seen)
        self.large.toggled.connect(self._on_large)
        self.before.clicked.connect(lambda: self._wall.turn(-1))
        self.after.clicked.connect(lambda: self._wall.turn(1))
        self.close_button.clicked.connect(self.leave)
        self.review_button.clicked.connect(self.mark_reviewed)
        self.empty.clicked.connect(self._on_empty)
        self.strips.agreed.connect(self.mark_reviewed)
        self.strips.left.connect(self.leave)
        self.strips.opened.connect(self._on_opened)
        self._ticks.timeout.connect(self._on_tick)
        self._player.first_picture_shown.connect(self.strips.refresh)
        current.changed.connect(self._on_current)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        self._window.installEventFilter(self)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys at the foot; the strips let some of them through."""
        self.strips.show_keys(keys)
        self._undecided = keys("undecided") or "–"
        self._show_keys()

    def _show_keys(self) -> None:
        """Show the keys at the foot, and what Return says of this page."""
        word = self.tr("class right")
        if isinstance(self._wall.choice, OfTransition):
            word = self.tr("boundary right")
        elif self.large.isChecked():
            word = self.tr("class and ends right")
        rows = [KeyRow(self.tr("Return"), word, self.review_button.toolTip())]
        for key, word in KEYS:
            shown = self._undecided if key == "undecided" else key
            rows.append(KeyRow(shown, self.tr(word)))
        self.keys.show_rows(rows)

    def close_video(self) -> None:
        """Close the video's file."""
        self.pictures.close()

    # -- open and close ----------------------------------------------------------

    @property
    def can_open(self) -> bool:
        """True if there is a video whose strips could be shown."""
        return self._wall.item is not None

    @command(
        "wall",
        "Wall of strips",
        "Z",
        enabled=lambda self: self.can_open,
        checked=lambda self: not self.isHidden(),
    )
    def toggle(self) -> None:
        """Open the wall over the window, or close it."""
        if self.isHidden():
            self._open()
        else:
            self.leave()

    def show_wall(self, tracks: Sequence[TrackId]) -> None:
        """Open the wall with what is to review of these tracks, one or several."""
        self._close(for_a_while=False, takes_keyboard=False)
        self._wall.show_videos(tracks)
        self._open()

    def show_queue(self, over_all: bool) -> None:
        """Open the wall with what is to review of all videos, or of this one."""
        self.show_wall(self._wall.all_tracks if over_all else ())

    def _open(self) -> None:
        self._player.pause()
        self._place()
        self._wall.open()
        self._wall.say_left_out()
        self.show()
        self.raise_()
        self.take_keyboard()
        self._refresh()

    def leave(self) -> None:
        """Close the wall; what is marked as not right stays marked."""
        self._close(for_a_while=False)

    def take_keyboard(self) -> None:
        """Give the keyboard to the strips, or to the wall while it shows none."""
        give_keyboard(self.strips if self.strips.isVisible() else self)

    def _close(self, for_a_while: bool, takes_keyboard: bool = True) -> None:
        if not self.isHidden():
            self._wall.close(for_a_while=for_a_while)
            self.hide()
            if takes_keyboard:
                self.closed.emit()

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Let Tab go round the wall: what it covers is not to be reached."""
        boxes = self.with_seen, self.large
        fields = self.videos, self.choice
        all_ = (self.strips, self.empty.button, *fields, *boxes)
        more = (self.before, self.after, self.close_button, self.review_button)
        stops = [w for w in (*all_, *more) if w.isVisible() and w.isEnabled()]
        now = QApplication.focusWidget()
        at = stops.index(now) if now in stops else -1
        if stops:
            to = stops[(at + (1 if forwards else -1)) % len(stops)]
            to.setFocus(Qt.FocusReason.TabFocusReason)
        return bool(stops)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Make way for what a command gave the keyboard to under the wall."""
        if now is None or now.window() is not self._window or not self.isVisible():
            return
        if now is not self and not self.isAncestorOf(now) and now.isVisible():
            self._close(for_a_while=True, takes_keyboard=False)

    def _on_opened(self, strip: Strip) -> None:
        self._wall.take_up()
        self._close(for_a_while=True)
        self.went_to.emit(strip)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        """Cover everything below the top row."""
        top, room = self._top(), self._window.size()
        self.setGeometry(0, top, room.width(), max(1, room.height() - top))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()
        self._ticks.start()
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        self._ticks.stop()
        super().hideEvent(event)
        self.hidden.emit()

    # -- what is shown -----------------------------------------------------------

    def _refresh(self) -> None:
        if self.isHidden():
            return
        self._show_page()
        self.strips.refresh()
        wall = self._wall
        self.videos.setCurrentIndex(int(wall.several))
        self.videos.setVisible(wall.has_several)
        self._show_keys()
        self.page.setText(
            self.tr("page {} of {}").format(f"{wall.page + 1:,}", f"{wall.n_pages:,}")
        )
        for widget in (self.before, self.page, self.after):
            widget.setVisible(wall.n_pages > 1)
        self.before.setEnabled(wall.page > 0)
        self.after.setEnabled(wall.page < wall.n_pages - 1)
        self._say_left()

    def _show_page(self) -> None:
        """Show the strips, or why there are none."""
        text, action = self._why_empty()
        strips_had = self.strips.hasFocus()
        self._pages.setCurrentWidget(self.empty if text else self.strips)
        self.empty.say(text, action)
        self.empty.button.setVisible(bool(action))
        if text and strips_had:
            # Else Qt gives it to a field, where the next key would choose something.
            give_keyboard(self)
        elif not text and self.hasFocus():
            give_keyboard(self.strips)
        self.review_button.setVisible(not text)
        self.keys.setVisible(not text)

    def _why_empty(self) -> tuple[str, str]:
        item, tracks = self._wall.item, self._wall.tracks
        if item is None:
            return self.tr("The segments of a video will appear here as strips."), ""
        if not any(track.video.has_file for track in tracks):
            return self.tr("This video has no pictures for strips."), ""
        if self._wall.n_strips:
            return "", ""
        rest = any(s.unlabelled for t in tracks for s in t.annotation.segments)
        if self._wall.several:
            if self._wall.with_seen:
                return self.tr("No segment matches in these videos."), ""
            text = self.tr("Nothing is left to review in these videos.")
            return text, self.tr("Show all")
        if rest and self._current.shown_model:
            text = self.tr(
                "Copy the prediction of this video to see its segments here. This "
                "marks nothing as reviewed."
            )
            return text, self.tr(COPY)
        if not item.annotation.n_labelled:
            text = "Nothing is labelled in this video yet."
            return self.tr(text), ""
        if self._wall.with_seen:
            return self.tr("No segment matches in this video."), ""
        if rest:
            text = self.tr(
                "All labels here are reviewed. The rest of this video is not labelled."
            )
            return text, ""
        return self.tr("Nothing is left to review here."), self.tr("Show all")

    def _on_empty(self) -> None:
        action = self._why_empty()[1]
        if action == self.tr(COPY):
            self.copy_requested.emit()
        else:
            self.with_seen.setChecked(True)

    def _on_videos(self, which: int) -> None:
        self._wall.show_videos(self._wall.all_tracks if which else ())
        self._wall.say_left_out()
        self.take_keyboard()

    def _on_choice(self, choice: Choice) -> None:
        self._wall.choose(choice)
        self.take_keyboard()

    def _on_with_seen(self, checked: bool) -> None:
        self._wall.set_with_seen(checked)
        self.take_keyboard()

    def _on_large(self, checked: bool) -> None:
        self._wall.forget_looks()
        self.strips.set_large(checked)
        self.take_keyboard()

    def _on_current(self, what: str) -> None:
        shows = what in (POSES, PREDICTIONS) or model_of_lane(what)
        if shows and self.isVisible():
            self._refresh()

    # -- looking and reviewing ----------------------------------------------------

    def _on_tick(self) -> None:
        """Note which strips are to be seen, while somebody can see them."""
        seconds = self._clock.restart() / 1000
        popup = QApplication.activePopupWidget()
        if self.isActiveWindow() and popup is None and self.strips.isVisible():
            there = set(self.strips.loaded()) - set(self._covered())
            self._wall.look(there, seconds)
        self._say_left()

    def _covered(self) -> list[int]:
        """Return the places of strips over which a floating panel or message lies."""
        over = [
            QRect(self.strips.mapFromGlobal(d.frameGeometry().topLeft()), d.size())
            for d in self._window.findChildren(QDockWidget)
            if d.isFloating() and d.isVisible()
        ]
        if self._messages.isVisible():
            corner = self.strips.mapFromGlobal(self._messages.mapToGlobal(QPoint(0, 0)))
            over.append(QRect(corner, self._messages.size()))
        rects = [self.strips.rect_of(n) for n in range(len(self._wall.shown))]
        return [
            n for n, r in enumerate(rects) if any(r.intersects(QRectF(o)) for o in over)
        ]

    def _say_left(self) -> None:
        n, left_s = len(self._wall.open_strips), self._wall.seconds_left
        whole = self.strips.is_whole()
        last = self._wall.page == self._wall.n_pages - 1
        if not n and last:
            text = self.tr("Nothing to review here")
        elif not n:
            text = self.tr("Next page (Return)")
        elif not whole:
            text = self.tr("Reading pictures…")
        elif left_s and (hidden := self._n_hidden()):
            text = plural("{n} strip(s) are covered: uncover them", hidden)
        elif left_s:
            text = plural("{n} strip(s): ready in {s} s", n, s=math.ceil(left_s))
        else:
            text = self._agreed()
        self.review_button.setEnabled(whole and not left_s and bool(n or not last))
        if text != self.review_button.text():
            self.review_button.setText(text)

    def _agreed(self) -> str:
        """Say what Return marks as reviewed, as far as the pictures show it."""
        can = [
            (strip, seen)
            for strips, seen in self._wall.can_agree().values()
            for strip in strips
        ]
        if not can:
            return self.tr("Too long for strips: play them")
        if any(strip.boundary is not None for strip, _ in can):
            return plural("{n} strip(s): boundary right (Return)", len(can))
        if all(seen.shows(strip.segment.start) for strip, seen in can):
            return plural("{n} segment(s) are right (Return)", len(can))
        return plural("{n} strip(s): class right (Return)", len(can))

    def _n_hidden(self) -> int:
        """Count the strips that wait to be looked at, and are covered."""
        shown = self._wall.shown
        found = (shown[n] for n in self._covered())
        return sum(s is not None and self._wall.waits(s) for s in found)

    def mark_reviewed(self) -> None:
        """Mark this page as reviewed, once there was time to look at it."""
        if self.strips.is_whole():
            self._wall.mark_reviewed()
        self.take_keyboard()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not event.isAutoRepeat():
            self.leave()
        else:
            super().keyPressEvent(event)
