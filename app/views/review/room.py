"""The review room: the place one is at, why it is there, and the keys that hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.kit import theme
from app.kit.keymap import with_arrow
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language, tr
from app.kit.plural import plural
from app.services.review.review_room import ReviewRoom, told
from app.services.review.settling import Settling
from app.views.fields import ChoiceBox, EmptyState
from app.views.review import settle_words
from app.views.review.key_rows import KeyRow, KeyRows
from app.views.review.queue_list import QueueList
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.segmentation import Segment
from skelseg_core.review.queue_reasons import UNSEEN

KEYS = (
    ("room-right", "right"),
    ("room-next", "skip"),
    ("room-again", "play"),
    ("room-insert", "insert"),
    ("room-merge", "merge"),
    ("room-undecided", "undecided"),
    ("room-second", "other"),
    ("room-leave-out", "leave out"),
    ("room-previous", "back"),
    ("room-leave", "leave"),
)
"""The commands of the room in the order of its rows, with a word for each."""
WITHOUT_PX = 200
"""Height of the panel without its keys from which these are shown."""
REASONS = 2
"""Reasons that are shown; the tooltip has all."""


class ReviewRoomView(QWidget):
    """Show the queue, the place one is at, and the keys that hold there.

    Signals ``wall_asked`` for the other view of the queue: of all videos, or of this.
    """

    wall_asked = Signal(bool)

    def __init__(
        self, room: ReviewRoom, settling: Settling, pictures: StripPictures
    ) -> None:
        super().__init__()
        self._room, self._settling = room, settling
        self._actions: dict[str, QAction] = {}
        self._key_of: Callable[[str], str] = lambda _: ""
        self.count, self.left, self.what = Label(), Label(), Label()
        self.why, self.unseen = Label(), Label()
        for label in (self.count, self.what):
            label.setTextFormat(Qt.TextFormat.RichText)
        self.keys, self.message = KeyRows(), EmptyState()
        self.list = QueueList(room, pictures)
        self.videos = ChoiceBox(
            self.tr("Videos in the list"),
            [self.tr("This video"), self.tr("All videos")],
        )
        self.order = ChoiceBox(
            self.tr("Order of the items"), [self.tr("By doubt"), self.tr("By time")]
        )
        self.wall = QToolButton()
        self.wall.setText(self.tr("Wall"))
        self._lay_out()
        self.setAccessibleName(self.tr("Review"))
        self.keys.clicked.connect(self._run)
        self.message.clicked.connect(lambda: self._run(self._of_button))
        self.order.activated.connect(self._on_order)
        self.videos.activated.connect(lambda n: room.set_over_all(n == 1))
        self.wall.clicked.connect(lambda: self.wall_asked.emit(room.over_all))
        room.changed.connect(self._show)
        room.session.frame_changed.connect(self.refresh)
        self._show()

    def _lay_out(self) -> None:
        for label in (self.why, self.what):
            label.setWordWrap(True)
        for label in (self.left, self.unseen):
            theme.set_tone(label, "dim")
        self.unseen.setToolTip(
            self.tr("Only what was on the screen is marked as reviewed.")
        )
        for field in (self.videos, self.order, self.wall, self.message.button):
            # A click must not take the keyboard from the work.
            field.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        head = QHBoxLayout()
        head.addWidget(self.count, 1)
        head.addWidget(self.left)
        choices = QHBoxLayout()
        for box in (self.videos, self.order):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            choices.addWidget(box, 1)
        head.addWidget(self.wall)
        self._page = page = QWidget()
        place = QVBoxLayout(page)
        place.setContentsMargins(12, 0, 12, 0)
        place.setSpacing(4)
        place.addLayout(head)
        for widget in (self.what, self.why, self.unseen):
            place.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(6)
        inset = QVBoxLayout()
        inset.setContentsMargins(12, 0, 12, 0)
        inset.addLayout(choices)
        column.addLayout(inset)
        column.addWidget(page)
        column.addWidget(self.message)
        column.addWidget(self.list, 1)
        column.addWidget(self._keys_box())

    def _keys_box(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.addWidget(self.keys)
        return box

    def use(self, actions: Callable[[str], QAction], key: Callable[[str], str]) -> None:
        """Set where the actions of the room's commands are found, and their keys."""
        ids = [id_ for id_, _ in (*KEYS, *settle_words.KEYS)]
        self._actions = {id_: actions(id_) for id_ in (*ids, "room", "prelabel")}
        self._key_of = key
        self._show()

    # -- what is shown ----------------------------------------------------------------

    def _show(self) -> None:
        at = self._room.state == "at"
        self._page.setVisible(at)
        self._show_keys()
        self.message.setVisible(not at)
        if at:
            self._show_place()
        else:
            self._say(*self._words())
        self.list.setVisible(bool(self._room.rows()))
        project = self._room.document.project
        several = len(project.video_ids) > 1 and not self._settling.on
        self.videos.setVisible(several)
        self.videos.setCurrentIndex(int(self._room.over_all))
        self._show_order()
        self.refresh()
        self.update()

    def _show_keys(self) -> None:
        """Show the keys of an item where they leave room for the list."""
        at = self._room.state == "at"
        self.keys.setVisible(at and self.height() - self.keys.height() >= WITHOUT_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_keys()

    def refresh(self, *_: object) -> None:
        """Dim the panel until the pictures on the screen are those of the place."""
        self._page.setEnabled(self._room.ready)

    def _show_order(self) -> None:
        settling, box = self._settling, self.order
        first = self.tr("Longest first") if settling.on else self.tr("By doubt")
        texts = [first, self.tr("By time")]
        if settling.on:
            texts.append(self.tr("By pair of classes"))
        if texts != [box.itemText(n) for n in range(box.count())]:
            box.clear()
            box.addItems(texts)
        by_pair = settling.on and settling.order == "classes"
        box.setCurrentIndex(1 if self._room.by_time else 2 * by_pair)

    def _on_order(self, choice: int) -> None:
        if self._settling.on:
            self._settling.set_order("classes" if choice == 2 else "length")
        self._room.set_order(choice == 1)

    def _show_place(self) -> None:
        walk, segment, place = self._room.walk, self._room.segment, self._room.place
        if walk is None or segment is None or place is None:
            return
        of = self.tr("<b>{}</b> of {}").format(f"{walk.number:,}", f"{walk.total:,}")
        project, item = self._room.document.project, self._room.current.item
        if item is not None and (title := project.track_title(item)):
            of += f" · {escape(title)}"
        self.count.setText(of)
        self.left.setText(_minutes(walk.seconds_left))
        settling = self._settling
        self.what.setVisible(settling.on)
        if settling.on:
            self.what.setText(settle_words.both_sides(settling))
        true = [r for r in place.reasons if r != UNSEEN or not segment.reviewed]
        why = [in_language(r) for r in true]
        if not settling.on:  # there it begins with a name
            why = [_sentence(text) for text in why]
        self.why.setText("\n".join(why[:REASONS]))
        self.why.setToolTip(plain_tip("\n".join(why)))
        self.why.setVisible(bool(why) and true != [UNSEEN])
        self.unseen.setText(self._unseen(segment))
        rows = self._rows()
        self.keys.show_rows(rows)

    def _unseen(self, segment: Segment) -> str:
        """Say what is left out if the place is said to be right now."""
        if self._settling.on:
            return settle_words.decided(self._settling)
        if segment.unlabelled:
            return self.tr("No label: press the key of a class")
        if segment.undecided:
            return ""
        words = self.tr("all of it"), self.tr("start"), self.tr("end")
        pairs = zip(self._room.seen, words, strict=True)
        left = ", ".join(word for seen, word in pairs if not seen)
        return left and self.tr("Not on the screen yet: {}").format(left)

    def _rows(self) -> Sequence[KeyRow]:
        rows, ghost = [], self._ghost_name()
        on = self._settling.on
        words = settle_words.words_of_keys(self._settling) if on else ()
        for id_, word in words or [(id_, self.tr(word)) for id_, word in KEYS]:
            action = self._actions.get(id_)
            here = {
                "room-insert": bool(ghost),
                "room-second": self._room.evidence is not None,
                "room-leave-out": self._room.kind is not None,
            }
            if action is None or not here.get(id_, True):
                continue
            if id_ == "room-insert" and ghost:
                word = ghost
            key = _short(self._key_of(id_))
            rows.append(KeyRow(key, word, action.toolTip(), id_))
        keys = [with_arrow(self._key_of(f"nudge-{way}")) for way in ("left", "right")]
        nudge = " ".join(keys).replace("Alt+← Alt+→", "Alt+←→")
        rows += [
            KeyRow("1–0", self.tr("class"), self.tr("Give it another class")),
            KeyRow(nudge.strip() or "–", self.tr("move"), self.tr("Move the boundary")),
        ]
        return rows

    def _ghost_name(self) -> str:
        place = self._room.place
        ghost = place.ghost if place is not None else None
        if ghost is None:
            return ""
        name = self._room.document.project.name_of(ghost.class_id)
        return self.tr("+ {}").format(name)

    def _words(self) -> tuple[str, str]:
        """Return the sentence for a room without a place, and that of its button."""
        room, state, walk = self._room, self._room.state, self._room.walk
        if state == "nothing" and room.hides:
            return (
                self.tr(
                    "This project is blind. Labels of others and of models appear "
                    "once you finish it (Review > Finish blind labelling)."
                ),
                "",
            )
        if state == "nothing":
            return self._nothing()
        if state == "ready":
            text = self.tr("Review goes from one doubtful item to the next.")
            return text + room.what_to_doubt(), self.tr("Review")
        if state == "searching":
            return self.tr("Looking for doubtful items…"), ""
        if state == "ended" and walk is not None:
            return self._ended()
        return self.tr("What to review appears here. Add a video first."), ""

    def _nothing(self) -> tuple[str, str]:
        """Say what to do where there is nothing to review."""
        lane = self._room.lane
        if lane is not None and lane.n_labelled:
            text = self.tr("Every label of this video is reviewed.")
        else:
            text = self.tr("Nothing is labelled yet.")
        if self._room.session.model:
            return f"{text} " + self.tr("Pre-label unlabelled frames."), self.tr(
                "Pre-label"
            )
        return (
            f"{text} "
            + self.tr("Label one repetition, then fill in the rest: {}.").format(
                self._key_of("fill-example")
            ),
            "",
        )

    def _ended(self) -> tuple[str, str]:
        walk = self._room.walk
        assert walk is not None
        if walk.waiting:
            return settle_words.left(len(walk.waiting)), self.tr("Continue")
        if self._settling.on:
            return settle_words.ended(self._settling)
        text = told(walk) if walk.looks else self.tr("Nothing is left to review.")
        item = self._room.next_video
        if item is None:
            return f"{text} " + self.tr("No other video needs review."), ""
        project = self._room.document.project
        title = " · ".join(filter(None, (item.video.title, project.track_title(item))))
        return text, self.tr("Next video: {}").format(title)

    def _say(self, text: str, button: str) -> None:
        key = self._key_of(self._of_button)
        tail = f"  ({key})" if key and button else ""
        self.message.say(text, button + tail)

    # -- mouse ----------------------------------------------------------------------

    def _run(self, command: str) -> None:
        action = self._actions.get(command)
        if action is not None and action.isEnabled():
            action.trigger()

    @property
    def _of_button(self) -> str:
        """Id of the command that the button runs where there is no place."""
        if self._room.state == "nothing":
            return "prelabel"
        return "room-right" if self._room.on else "room"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(key: str) -> str:
    """Shorten the name of a key, so that a word has room beside it."""
    for long, short in (("Backspace", "Bksp"), ("Escape", "Esc")):
        key = key.replace(long, short)
    return key or "–"


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return tr("under a minute left")
    return plural("about {n} minute(s) left", round(seconds / 60))
