"""The review room: the place one is at, why it is there, and the keys that hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.keymap import with_arrow
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language, tr
from app.kit.painting import show_progress
from app.kit.plural import frames_named, plural
from app.services.review.review_room import ReviewRoom, told
from app.services.review.settling import Settling
from app.views.fields import ChoiceBox, EmptyState
from app.views.review import settle_words
from app.views.review.key_rows import KeyRow, KeyRows
from skelseg_core.labels.segmentation import Segment
from skelseg_core.review.queue_reasons import UNSEEN

KEYS = (
    ("room-right", "reviewed"),
    ("room-next", "next"),
    ("room-previous", "back"),
    ("room-again", "play"),
    ("room-leave", "leave"),
    ("room-insert", "insert"),
    ("room-merge", "merge"),
    ("room-undecided", "undecided"),
    ("room-second", "other"),
    ("room-leave-out", "leave out"),
)
"""The commands of the room in the order of its rows, with a word for each."""
REASONS = 2
"""Reasons that are shown; the tooltip has all."""


class ReviewRoomView(QWidget):
    """Show the place one is at, and the keys that hold there."""

    def __init__(self, room: ReviewRoom, settling: Settling) -> None:
        super().__init__()
        self._room, self._settling = room, settling
        self._actions: dict[str, QAction] = {}
        self._key_of: Callable[[str], str] = lambda _: ""
        self.count, self.left, self.what = Label(), Label(), Label()
        self.why, self.unseen = Label(), Label()
        for label in (self.count, self.what):
            label.setTextFormat(Qt.TextFormat.RichText)
        self.bar, self.keys, self.message = QProgressBar(), KeyRows(), EmptyState()
        self.order = ChoiceBox(
            self.tr("Order of the items"),
            [self.tr("Most doubtful first"), self.tr("By time")],
        )
        self._lay_out()
        self.setAccessibleName(self.tr("Review"))
        self.keys.clicked.connect(self._run)
        self.message.clicked.connect(lambda: self._run(self._of_button))
        self.order.activated.connect(self._on_order)
        room.changed.connect(self._show)
        room.session.frame_changed.connect(self.refresh)
        self._show()

    def _lay_out(self) -> None:
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        for label in (self.why, self.what):
            label.setWordWrap(True)
        for label in (self.left, self.unseen):
            theme.set_tone(label, "dim")
        self.unseen.setToolTip(
            self.tr("Only what was on the screen is marked as reviewed.")
        )
        for field in (self.order, self.message.button):
            # A click must not take the keyboard from the work.
            field.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        head = QHBoxLayout()
        head.addWidget(self.count, 1)
        head.addWidget(self.left)
        self._page = page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        for widget in (self.bar, self.what, self.why, self.unseen):
            layout.addWidget(widget)
        # The keys stay where they are however many lines there are above them.
        layout.addStretch()
        layout.addWidget(self.keys)
        layout.addWidget(self.order)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(page)
        self._pages.addWidget(self.message)

    def use(self, actions: Callable[[str], QAction], key: Callable[[str], str]) -> None:
        """Set where the actions of the room's commands are found, and their keys."""
        ids = [id_ for id_, _ in (*KEYS, *settle_words.KEYS)]
        self._actions = {id_: actions(id_) for id_ in (*ids, "room", "prelabel")}
        self._key_of = key
        self._show()

    # -- what is shown ----------------------------------------------------------------

    def _show(self) -> None:
        at = self._room.state == "at"
        self._pages.setCurrentIndex(0 if at else 1)
        if at:
            self._show_place()
        else:
            self._say(*self._words())
        self._show_order()
        self.refresh()
        self.update()

    def refresh(self, *_: object) -> None:
        """Dim the panel until the pictures on the screen are those of the place."""
        self._page.setEnabled(self._room.ready)

    def _show_order(self) -> None:
        settling, box = self._settling, self.order
        first = (
            self.tr("Longest first") if settling.on else self.tr("Most doubtful first")
        )
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
        show_progress(self.bar, walk.number, walk.total)
        settling = self._settling
        self.what.setText(
            settle_words.both_sides(settling) if settling.on else self._named(segment)
        )
        true = [r for r in place.reasons if r != UNSEEN or not segment.reviewed]
        why = [in_language(r) for r in true]
        if not settling.on:  # there it begins with a name
            why = [_sentence(text) for text in why]
        self.why.setText("\n".join(why[:REASONS]))
        self.why.setToolTip(plain_tip("\n".join(why)))
        self.why.setVisible(bool(why))
        self.unseen.setText(self._unseen(segment))
        rows = self._rows()
        self.keys.show_rows(rows)
        # The names of classes are as long as they are.
        self.keys.make_room([row for row in rows if row.command != "room-insert"])

    def _named(self, segment: Segment) -> str:
        found = self._room.document.project.class_of(segment.class_id)
        nothing = self.tr("undecided") if segment.undecided else self.tr("unlabelled")
        name = escape(found.name) if found is not None else nothing
        colours = theme.current()
        colour = found.color if found is not None else colours.line
        frames = frames_named(segment.start, segment.stop)
        return (
            f"<span style='color:{colour}'>■</span> <b>{name}</b> "
            f"<span style='color:{colours.dim}'>{frames}</span>"
        )

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
            if action is None:
                continue
            here = {
                "room-insert": bool(ghost),
                "room-second": self._room.evidence is not None,
                "room-leave-out": self._room.kind is not None,
            }.get(id_, True)
            if id_ == "room-insert" and ghost:
                word = ghost
            key = _short(self._key_of(id_))
            rows.append(KeyRow(key, word, action.toolTip(), id_, here))
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
