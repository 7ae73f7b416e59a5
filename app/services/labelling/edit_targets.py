"""Find what an editing key means now, and ask before it acts on hidden frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal

from app.kit.plural import frames_named, plural
from app.playback.player import Player
from app.services.labelling.current_boundary import CurrentBoundary
from app.state.session import Session
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.videos_and_tracks import Track

Span = tuple[int, int]


Kind = Literal["selected", "range", "boundary", "here"]


@dataclass(frozen=True)
class Meant:
    """Hold what an editing key acts on.

    Parameters
    ----------
    kind : {"selected", "range", "boundary", "here"}
        Selected segments, the marked range, the current boundary, or a frame.
    spans : tuple of Span
        Frames to be seen before they change: of each segment, the range, or the first
        after the boundary. Empty for a frame.
    chosen : tuple of int
        Indices of the selected segments, or of the segment before the boundary.
    frame : int
        The frame, where it is one.
    """

    kind: Kind
    spans: tuple[Span, ...] = ()
    chosen: tuple[int, ...] = ()
    frame: int = 0

    def indices(self, segmentation: Segmentation) -> tuple[int, ...]:
        """Return the indices of the segments that are meant."""
        return self.chosen or (segmentation.index_at(self.frame),)


class FramesView(Protocol):
    """A view along time that can show frames and knows which of them are visible."""

    def sees(self, start: int, stop: int) -> bool:
        """Return True if any of these frames is visible."""

    def reveal(self, start: int, stop: int) -> None:
        """Scroll these frames into view."""


class Targets(QObject):
    """Tell what is meant; ask before frames that are out of sight are edited.

    Signals ``asked`` with the question, which the same key answers with yes, and
    ``answered``; another mark or selection is a no.
    """

    asked = Signal(str)
    answered = Signal()

    def __init__(
        self,
        item: Callable[[], Track | None],
        boundary: CurrentBoundary,
        session: Session,
        player: Player,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._item, self._boundary = item, boundary
        self._session, self._player = session, player
        self._question: tuple[object, ...] | None = None
        self._blind = False
        self._timeline: FramesView | None = None
        self._others: list[FramesView] = []
        # Finds the key of a command by its id.
        self.key_of: Callable[[str], str] = lambda _: ""
        session.range_changed.connect(self._forget)
        session.selection_changed.connect(self._forget)
        session.frame_changed.connect(self._on_frame)

    # -- what is meant ----------------------------------------------------------------

    def now(self, *kinds: Kind, frame: int | None = None) -> Meant:
        """Return the first of these kinds that is there, else the playhead's frame.

        Where a ``frame`` is named, neither the range nor the boundary is meant.
        """
        if "selected" in kinds and (chosen := self.chosen()):
            return Meant("selected", self._session.chosen, tuple(chosen))
        item = self._item() if frame is None else None
        if item is not None and "range" in kinds:
            marked = self._session.marked_range(item.n_frames)
            if marked is not None:
                return Meant("range", (marked,))
        index, beside = self._boundary.index, self._boundary.beside
        if frame is None and "boundary" in kinds and index is not None and beside:
            at = beside[1].start
            return Meant("boundary", ((at, at + 1),), (index,))
        return Meant("here", frame=self.playhead() if frame is None else frame)

    def chosen(self) -> list[int]:
        """Return the indices of the selected segments."""
        item, chosen = self._item(), set(self._session.chosen)
        if item is None or not chosen:
            return []
        numbered = enumerate(item.annotation.segments)
        return [i for i, s in numbered if (s.start, s.stop) in chosen]

    def playhead(self) -> int:
        """Return the frame of the playhead, whose picture may be loading."""
        player = self._player
        # Without an open file the player shows no frame, so the session's frame counts.
        stands = player.info is not None and not player.playing
        return player.target if stands else self._session.frame

    def allowed(self, what: str, meant: Meant) -> bool:
        """Return True if ``what`` may be done to what is meant now; see `sure`."""
        boundary = meant.kind == "boundary"
        return not meant.spans or self.sure(what, meant.spans, boundary)

    # -- what is out of sight ---------------------------------------------------------

    def look_at(self, timeline: FramesView, keys: Callable[[str], str]) -> None:
        """Set the view whose hidden frames need a question.

        ``keys`` returns the key of a command id.
        """
        self._timeline, self.key_of = timeline, keys

    def look_also_at(self, view: FramesView) -> None:
        """Add a view in which frames may be visible while the first hides them."""
        self._others.append(view)

    def _sees(self, spans: Sequence[Span]) -> bool:
        timeline = self._timeline
        if timeline is None:
            return True
        views = (timeline, *self._others)
        return any(view.sees(*span) for view in views for span in spans)

    def words(self, n_frames: int) -> str:
        """Describe the frames class keys label; empty for the current segment."""
        if self._player.playing:
            return ""  # they label the frame that is shown then, wherever marks are
        marked = self._session.marked_range(n_frames)
        if marked is not None:
            return self.tr("1–0 paint {}").format(frames_named(*marked))
        n = len(self._session.chosen)
        return plural("1–0 label {n} segment(s)", n) if n else ""

    def sure(self, what: str, spans: Sequence[Span], boundary: bool = False) -> bool:
        """Return True if ``what`` may be done to these frames now; else ask.

        They are visible, or the person pressed the key again after the question.
        ``boundary`` is True where the edit acts on the boundary at these frames.
        """
        question = (what, self._session.track_id, *spans)
        if self._sees(spans) or (self._blind and question == self._question):
            self._forget()
            return True
        self._question = question
        if self._timeline is not None:
            self._timeline.reveal(*spans[0])
        self._blind = not self._sees(spans)
        self.asked.emit(self._ask(spans, boundary))
        return False

    def _ask(self, spans: Sequence[Span], boundary: bool) -> str:
        if boundary:
            return self.tr(
                "The boundary at {} was out of sight. Press the key again to remove "
                "it, or {} to deselect it."
            ).format(frames_named(*spans[0]), self.key_of("choose-none"))
        if self._session.chosen:
            return plural(
                "The {n} selected segment(s) were out of sight. Press the key again "
                "to change them, or {key} to deselect.",
                len(self._session.chosen),
                key=self.key_of("choose-none"),
            )
        return self.tr(
            "The marked frames {} were out of sight. Press the key again to change "
            "them, or {} to clear the range."
        ).format(frames_named(*spans[0]), self.key_of("choose-none"))

    def _on_frame(self, _: int) -> None:
        if self._blind:
            self._forget()

    def _forget(self) -> None:
        asked, self._question = self._question, None
        if asked is not None:
            self.answered.emit()
