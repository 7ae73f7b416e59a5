"""Edit the segments of the current video: label, split, merge, trim, nudge, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.kit.commands import Command, command, declare
from app.kit.notices import Notices
from app.kit.plural import frames_named, plural
from app.playback.player import Player
from app.services.labelling.current_boundary import CurrentBoundary
from app.services.labelling.edit_targets import Meant, Targets
from app.services.labelling.on_screen import OnScreen
from app.services.labelling.point_editor import PointEditor
from app.state.change import Change
from app.state.document import Document
from app.state.session import Session
from skelseg_core.errors import EditError
from skelseg_core.labels.bulk_edits import (
    copy_range,
    delete_all_into_neighbours,
    leave_undecided,
    make_undecided,
    merge_all,
    move_segment,
    relabel_all,
    remove_boundary,
)
from skelseg_core.labels.edits import merge, move_boundary, paint, split
from skelseg_core.labels.reviewing import Sight, agree, agree_all
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import accept_prediction, edit_lane
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.videos_and_tracks import Track

BOUNDARY_TIP = "With a boundary selected: remove it"


class SegmentEditor(QObject):
    """Edit the segments of the current video; each call is one undo step."""

    def __init__(
        self,
        document: Document,
        session: Session,
        player: Player,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.document, self.session, self.player = document, session, player
        self.notices = notices
        self.boundary = CurrentBoundary(document, session, player, self)
        self.on_screen = OnScreen(lambda: self.item, session, player, self)
        self.targets = Targets(lambda: self.item, self.boundary, session, player, self)
        self.points = PointEditor(document, session, player, notices, self)
        # The wall shows more.
        self.sight: Callable[[], Sight] = lambda: self.on_screen.sight
        self._nudges = 0
        self._nudged: tuple[str, Project] | None = None
        session.selection_changed.connect(self._on_selection)
        document.changed.connect(self.on_screen.follow)
        document.changed.connect(self._on_changed)

    @property
    def item(self) -> Track | None:
        """The current video, or None."""
        return self.document.project.find(self.session.track_id)

    def has_video(self, *_: object) -> bool:
        """Return True if there is a video to edit."""
        return self.item is not None

    def acting(self) -> str:
        """Name the marked frames or selected segments that a class key would label."""
        return "" if self.item is None else self.targets.words(self.item.n_frames)

    def edit(
        self,
        text: str,
        edit: Callable[[Segmentation], Segmentation],
        merge_key: str = "",
    ) -> bool:
        item = self.item
        if item is None:
            self.notices.refuse(self.tr("There is no video to edit. Add one first."))
            return False
        return self.document.edit_lane(text, item.id, edit, merge_key)

    # -- selection ------------------------------------------------------------------

    def _on_changed(self, change: Change) -> None:
        """Deselect segments that an edit removed."""
        if not change.touches(self.session.track_id):
            return
        if self.session.chosen:
            item, chosen = self.item, set(self.session.chosen)
            segments = item.annotation.segments if item is not None else ()
            there = {(s.start, s.stop) for s in segments}
            self.session.set_chosen(chosen & there)

    @command(
        "choose-class",
        "Select all segments of this class",
        "Shift+A",
        enabled=has_video,
    )
    def choose_class(self) -> None:
        """Select all segments of the class under the playhead."""
        item = self.item
        if item is not None:
            wanted = item.annotation.at(_within(item, self.targets.playhead()))
            self.session.set_chosen(
                (s.start, s.stop)
                for s in item.annotation.segments
                if (s.class_id, s.undecided) == (wanted.class_id, wanted.undecided)
            )

    @command(
        "choose-next",
        "Select the next segment too",
        "Shift+Down",
        args=(1,),
        enabled=has_video,
    )
    @command(
        "choose-previous",
        "Select the previous segment too",
        "Shift+Up",
        args=(-1,),
        enabled=has_video,
    )
    def choose_on(self, direction: int) -> None:
        """Select the segment under the playhead; again, also the next one."""
        item = self.item
        if item is None:
            return
        segments, chosen = item.annotation.segments, self.targets.chosen()
        index = item.annotation.index_at(_within(item, self.player.target))
        if index in chosen:
            index = min(max(index + direction, 0), len(segments) - 1)
        added = segments[index]
        self.session.set_chosen([*self.session.chosen, (added.start, added.stop)])
        self.player.seek(added.start)

    def _has_points(self) -> bool:
        return self.session.range_in is not None or self.session.range_out is not None

    def _has_choice(self) -> bool:
        session = self.session
        chosen = bool(session.chosen) or session.boundary is not None
        return chosen or self._has_points()

    @command("choose-none", "Select nothing", "Escape", enabled=_has_choice)
    def clear_choice(self) -> None:
        """Deselect segments, the range and the boundary."""
        self.boundary.drop()
        self.session.set_chosen(())
        self.session.set_range(None, None)

    def _change(
        self, text: str, meant: Meant, edit: Callable[[Segmentation], Segmentation]
    ) -> bool:
        """Edit what is meant as one step, and deselect it; ask where it is hidden.

        A selection stays where the edit was refused.
        """
        if not self.targets.allowed(text, meant):
            return False
        wanted: list[Segmentation] = []

        def kept(segmentation: Segmentation) -> Segmentation:
            wanted.append(edit(segmentation))
            return wanted[-1]

        done, item = self.edit(text, kept), self.item
        if meant.kind == "selected" and done:
            self.session.set_chosen(())
        # The range may have had this label before: then the marks were used, too.
        if meant.kind == "range" and item and [item.annotation] == wanted:
            self.session.set_range(None, None)
            if self.boundary.frame not in (None, self.targets.playhead()):
                self.boundary.drop()
        return done

    # -- labels ---------------------------------------------------------------------

    def class_of(self, key: str) -> int | None:
        """Return the id of the class that has this key, or None."""
        action_class = self.document.project.keyed(self.session.track_id, key)
        return None if action_class is None else action_class.id

    def apply_class(self, class_id: int | None) -> None:
        """Label the selected segments, the marked range or the current segment.

        In a track of points, set a point, or take it away. A class of another tier does
        so in the track beside, and the active one stays.
        """
        item = self.item
        if item is None:
            return
        track = self.document.project.track_for(item, class_id)
        if track.id != item.id:
            self._label_beside(track, class_id)
            return
        meant, name = self.targets.now("selected", "range"), self._name(class_id)
        if self.points.on:
            self.points.label(class_id)
        elif meant.kind == "selected":
            text = plural("Label {n} segment(s) {name}", len(meant.chosen), name=name)
            sight, all_of = self.sight(), item.annotation.segments
            same = [all_of[i] for i in meant.chosen if all_of[i].class_id == class_id]
            self._change(
                text, meant, lambda s: relabel_all(s, meant.chosen, class_id, sight)
            )
            self._say_unseen(same)
        elif meant.kind == "range":
            text = self.tr("Paint {}").format(name)
            self._change(text, meant, lambda s: paint(s, *meant.spans[0], class_id))
        else:
            self.label(class_id)

    def _name(self, class_id: int | None) -> str:
        return self.document.project.name_of(class_id) or self.tr("unlabelled")

    def sets_point(self, class_id: int) -> bool:
        """Tell whether a class is of a tier of points."""
        project, item = self.document.project, self.item
        return item is not None and project.has_points(
            project.track_for(item, class_id)
        )

    def _label_beside(self, track: Track, class_id: int | None) -> None:
        """Label in another track what a key labels in the active one, and say so."""
        if self.document.project.has_points(track):
            self.points.label(class_id, beside=track)
            return
        meant, name = self.targets.now("selected", "range"), self._name(class_id)
        lane = track.annotation
        here = lane.index_at(_within(track, meant.frame))
        spans = meant.spans or ((lane.segments[here].start, lane.segments[here].stop),)

        if not meant.spans and lane.segments[here].class_id == class_id is not None:
            text = self.tr("It is “{}” already in {}. Go to that track to review it.")
            self.notices.say(
                text.format(name, self.document.project.track_title(track))
            )
            return

        def labelled(value: Segmentation) -> Segmentation:
            if not meant.spans:
                return relabel_all(value, [here], class_id)
            for span in spans:
                value = paint(value, *span, class_id)
            return value

        text = self.tr("Label {}").format(name)
        if not self.targets.allowed(text, meant):
            return
        if not self.document.edit_lane(text, track.id, labelled):
            return
        if meant.kind == "range":
            self.session.set_range(None, None)
        if not meant.spans and _is_untouched(lane):
            self._say_whole(name, track.n_frames)
        else:
            title = self.document.project.track_title(track)
            where = ", ".join(frames_named(*span) for span in spans[:6])
            self.notices.say(self.tr("{}: “{}” in {}.").format(title, name, where))

    def label(self, class_id: int | None, frame: int | None = None) -> None:
        """Relabel the segment at a frame, by default under the playhead.

        The class that it has already agrees with it.
        """
        if self.points.on:
            self.points.label(class_id, frame)
            return
        meant, item = self.targets.now(frame=frame), self.item
        name = self._name(class_id)
        at = _within(item, meant.frame) if item is not None else 0
        if item is not None and item.annotation.at(at).class_id == class_id is not None:
            self._agree_at(at, self.tr("Mark as reviewed"))
            return
        untouched = item is not None and _is_untouched(item.annotation)
        done = self._change(
            self.tr("Label {}").format(name),
            meant,
            lambda s: relabel_all(s, meant.indices(s), class_id),
        )
        if done and untouched and item is not None:
            self._say_whole(name, item.n_frames)

    def _say_whole(self, name: str, n_frames: int) -> None:
        """Say that a key labelled a whole, undivided video."""
        text = plural(
            "No range was marked, so the whole video is “{name}” now ({n} frame(s)). "
            "Undo this, or mark it as reviewed if it is right.",
            n_frames,
            name=name,
        )
        self.notices.say(text)

    @command(
        "undecided",
        "Mark as undecided",
        "U",
        enabled=has_video,
        tip=(
            "Nobody can tell the class. Models skip it in training, pre-labels and "
            "scores"
        ),
        acts_on="range or segments",
        reviews="That nobody can tell the class; the ends of a range",
    )
    def leave_undecided(self, frame: int | None = None) -> None:
        """Leave the selected segments, the marked range or a segment undecided."""
        item, text = self.item, self.tr("Mark as undecided")
        if item is None:
            return
        if self.points.on:
            self.points.remove(frame)
            return
        meant = self.targets.now("selected", "range", frame=frame)
        if meant.kind == "selected":
            text = plural("Mark {n} segment(s) as undecided", len(meant.chosen))
        elif meant.kind == "here" and _is_untouched(item.annotation):
            self.notices.refuse(
                self.tr(
                    "Mark a range first. Without one, the whole video would be "
                    "undecided."
                )
            )
            return
        if meant.kind == "range":
            self._change(text, meant, lambda s: make_undecided(s, *meant.spans[0]))
        else:
            self._change(text, meant, lambda s: leave_undecided(s, meant.indices(s)))

    def review(self) -> bool:
        """Agree with the selected segments as far as they were on the screen.

        False where none is selected.
        """
        item, meant = self.item, self.targets.now("selected")
        if item is None or meant.kind != "selected":
            return False
        sight, all_of = self.on_screen.sight, item.annotation.segments
        left = [all_of[i] for i in meant.chosen if not all_of[i].reviewed]
        if all(segment.class_id is None for segment in left):
            text = self.tr("The selection is already reviewed or has no label.")
            self.notices.say(text)
            return True
        text = plural("Mark {n} segment(s) as reviewed", len(meant.chosen))
        if not self.targets.allowed(text, meant):
            return True
        if self.edit(text, lambda s: agree_all(s, meant.chosen, sight)):
            self.session.set_chosen(())
        self._say_unseen(left)
        return True

    def _say_unseen(self, agreed: Sequence[Segment]) -> None:
        """Say what of these segments nobody saw, so that it is not reviewed."""
        item, said = self.item, []
        lane = item.annotation if item is not None else None
        now = [lane.at(s.start) for s in agreed if lane and s.class_id is not None]
        if n := sum(not segment.class_reviewed for segment in now):
            said.append(
                plural("{n} segment(s) were not all on the screen: play them.", n)
            )
        if n := sum(s.class_reviewed and not s.reviewed for s in now):
            key = self.targets.key_of("boundary-next")
            text = "{n} segment(s) have ends to look at: {key} goes there."
            said.append(plural(text, n, key=key))
        if said:
            self.notices.say(" ".join(said))

    def refuse_unseen(self, index: int, key: str) -> bool:
        """Say that a class cannot be agreed with yet, and how; False where it can.

        ``key`` is the id of the command that plays the segment.
        """
        item = self.item
        if item is None:
            return False
        segment = item.annotation.segments[index]
        seen = self.on_screen.sight.covers(segment.start, segment.stop)
        if seen or segment.class_id is None or segment.class_reviewed:
            return False
        text = self.tr("Frames {} were not all on the screen yet. {} plays them.")
        frames = frames_named(segment.start, segment.stop)
        self.notices.refuse(text.format(frames, self.targets.key_of(key)))
        return True

    def review_at(self, frame: int) -> None:
        """Agree with the selected segments, or with the segment at a frame."""
        if not self.review():
            self._agree_at(frame, self.tr("Mark as reviewed"))

    def _agree_at(self, frame: int, text: str) -> bool:
        item, sight = self.item, self.on_screen.sight
        if item and self.refuse_unseen(item.annotation.index_at(frame), "loop"):
            return False
        return self.edit(text, lambda s: agree(s, s.index_at(frame), sight))

    def review_and_go_on(self, said: Segmentation | None) -> None:
        """Agree with the segment after the current boundary and go to its end.

        Selected segments come first. Where nothing is labelled, what a model ``said``
        is copied. Nothing is agreed with that was not on the screen, or that came
        there only now.
        """
        item, screen, text = (
            self.item,
            self.on_screen,
            self.tr("Mark as reviewed, next"),
        )
        if not screen.settled or self.review() or item is None:
            return
        beside = self.boundary.beside
        frame = beside[1].start if beside else _within(item, self.targets.playhead())
        if item.annotation.at(frame).unlabelled:
            if said is None:
                self.notices.refuse(
                    self.tr("There is nothing to review here. Label it with a key.")
                )
                return
            ended, sight = beside[0] if beside is not None else None, screen.sight
            done = self.document.apply(
                text, lambda p: _copy_and_agree(p, item.id, said, frame, ended, sight)
            )
        else:
            done = self._agree_at(frame, text)
        after = self.item
        if after is None:
            return
        index = after.annotation.index_at(frame)
        if not done and not after.annotation.segments[index].class_reviewed:
            return
        self.boundary.go_to(index)
        if index == len(after.annotation) - 1:
            self._say_left(after.annotation)

    def _say_left(self, annotation: Segmentation) -> None:
        """Say at the end of a video how many segments are still to be reviewed."""
        segments = annotation.segments
        left = [s for s in segments if s.class_id is not None and not s.reviewed]
        if not left:
            text = self.tr("That was the last segment. Nothing is left to review.")
            self.notices.say(text)
            return
        text = self.tr(
            "That was the last segment. {} still need review, the first at frame {}."
        )
        if len(left) == 1:
            text = self.tr(
                "That was the last segment. {} still needs review, at frame {}."
            )
        self.notices.say(text.format(f"{len(left):,}", f"{left[0].start:,}"))

    def copy_lane(
        self, lane: str, other: Segmentation | None, frame: int | None = None
    ) -> None:
        """Copy the marked range, or the segment at a frame, from another lane.

        ``other`` are its segments, None where there are none.
        """
        item = self.item
        if item is None or other is None:
            self.notices.refuse(
                self.tr("There is no lane to copy from. Pre-label the video first.")
            )
            return
        meant = self.targets.now("range", frame=frame)
        segment = other.at(_within(item, meant.frame))
        start, stop = meant.spans[0] if meant.spans else (segment.start, segment.stop)
        text = self.tr("Copy from {}").format(lane.partition(":")[2] or lane)
        self._change(text, meant, lambda s: copy_range(s, other, start, stop))

    # -- segments -------------------------------------------------------------------

    @command(
        "split",
        "Split at playhead",
        "S",
        enabled=has_video,
        icon="arrow-split-vertical",
        acts_on="segment here",
        reviews="The new boundary",
    )
    def split(self, frame: int | None = None) -> None:
        """Begin a new segment at a frame, by default at the playhead."""
        at = self.targets.now(frame=frame).frame
        self.edit(self.tr("Split"), lambda s: split(s, at))

    @command(
        "merge",
        "Merge with next",
        "M",
        enabled=has_video,
        icon="arrow-collapse-horizontal",
        tip=BOUNDARY_TIP,
        acts_on="segments joined",
        reviews="The merged frames, where all of them were on the screen",
    )
    def merge(self, frame: int | None = None) -> None:
        """Merge the selected segments, else those beside the current boundary.

        Without either, or with a frame, merge the segment there with the next; a single
        selected segment is merged with the next, too.
        """
        meant = self.targets.now("selected", "boundary", frame=frame)
        sight = self.on_screen.sight
        if meant.kind == "boundary":
            self._remove_boundary(meant)
        elif len(meant.chosen) > 1:
            text = plural("Merge {n} segment(s)", len(meant.chosen))
            self._change(text, meant, lambda s: merge_all(s, meant.chosen, sight))
        else:
            self._change(
                self.tr("Merge"), meant, lambda s: merge(s, meant.indices(s)[0], sight)
            )

    # While keypoints are corrected the key takes away a keypoint.
    @command(
        "absorb",
        "Delete into neighbour",
        "Delete",
        enabled=lambda self: self.has_video() and not self.session.correcting,
        icon="delete-outline",
        tip=BOUNDARY_TIP,
        acts_on="segments joined",
        reviews="The merged frames, where all of them were on the screen",
    )
    def delete_into_neighbour(self, frame: int | None = None) -> None:
        """Delete the selected segments, else the current boundary.

        Without either, or with a frame, the neighbours of the segment there take its
        frames.
        """
        if self.points.on:
            self.points.remove(frame)
            return
        meant = self.targets.now("selected", "boundary", frame=frame)
        text, sight = self.tr("Delete segment"), self.on_screen.sight
        if meant.kind == "boundary":
            self._remove_boundary(meant)
            return
        if meant.kind == "selected":
            text = plural("Delete {n} segment(s)", len(meant.chosen))
        self._change(
            text,
            meant,
            lambda s: delete_all_into_neighbours(s, meant.indices(s), sight),
        )

    def _remove_boundary(self, meant: Meant) -> None:
        text, beside = self.tr("Remove boundary"), self.boundary.beside
        (index,), sight = meant.chosen, self.on_screen.sight
        done = self._change(text, meant, lambda s: remove_boundary(s, index, sight))
        if done and beside is not None:
            self.notices.say(self._merged_label(*beside))

    def _merged_label(self, left: Segment, right: Segment) -> str:
        """Describe which label the frames of two merged segments have now."""
        item, at = self.item, right.start
        won = item.annotation.at(at) if item is not None else left
        frames = frames_named(left.start, right.stop)
        if left.class_id == right.class_id:
            text = self.tr("Boundary {} removed: {} is one segment now, {}.")
            return text.format(f"{at:,}", self._quoted_name(won), frames)
        lost = left if right.class_id == won.class_id else right
        if lost.class_id is None:
            text = self.tr("Boundary {} removed: {} has the frames {} now.")
            return text.format(f"{at:,}", self._quoted_name(won), frames)
        text = self.tr("Boundary {} removed: {} gets the frames of {} and has {} now.")
        names = self._quoted_name(won), self._quoted_name(lost)
        return text.format(f"{at:,}", *names, frames)

    def _quoted_name(self, segment: Segment) -> str:
        name = self.document.project.name_of(segment.class_id)
        nothing = self.tr("undecided") if segment.undecided else self.tr("unlabelled")
        return f"“{name}”" if name else nothing

    @command(
        "trim-start",
        "Move start here",
        "[",
        enabled=has_video,
        acts_on="start or end",
        reviews="That boundary",
    )
    def trim_start(self) -> None:
        """Move the current boundary to the playhead, or the start of the segment."""
        self._trim(self.tr("Move start"), 0, _trim_start)

    @command(
        "trim-stop",
        "Move end here",
        "]",
        enabled=has_video,
        acts_on="start or end",
        reviews="That boundary",
    )
    def trim_stop(self) -> None:
        """Make the playhead's frame the last before the current boundary.

        Without one, the last of its segment.
        """
        self._trim(self.tr("Move end"), 1, _trim_stop)

    def _trim(
        self, text: str, off: int, edit: Callable[[Segmentation, int], Segmentation]
    ) -> None:
        meant, beside = self.targets.now("boundary"), self.boundary.beside
        if beside is None:
            to = meant.frame + off
            self.edit(text, lambda s: edit(s, to))
            return
        # The player's target: the picture of the frame gone to may still be loading.
        (index,), to = meant.chosen, self.player.target + off
        if beside[0].start < to < beside[1].stop:
            self.edit(text, lambda s: move_boundary(s, index, to))
            self._show_boundary()
        else:
            self.notices.say(
                self.tr(
                    "The selected boundary cannot move past its neighbours to here."
                )
            )

    def _show_boundary(self) -> None:
        frame = self.boundary.frame
        if frame is not None:
            self.player.seek(frame)

    # -- nudges: many in a row are one undo step -------------------------------------

    @declare(
        [
            Command("nudge-left", "Move boundary 1 frame left", ("Alt+Left",), (-1,)),
            Command("nudge-right", "Move boundary 1 frame right", ("Alt+Right",), (1,)),
        ],
        enabled=has_video,
        acts_on="boundary",
        reviews="That boundary",
        held=True,
    )
    def nudge(self, frames: int) -> None:
        """Move the current boundary by some frames, or the nearest mark."""
        meant = self.targets.now("boundary")
        if self.points.on:
            self.points.nudge(frames)
        elif meant.kind == "boundary":
            (index,), to = meant.chosen, meant.spans[0][0] + frames
            text, what = self.tr("Move boundary"), f"boundary {index}"
            self._nudge(text, what, lambda s: move_boundary(s, index, to))
            self._show_boundary()
        else:
            self.notices.say(
                self.tr("No boundary is selected. Go to one or click one.")
            )

    @declare(
        [
            Command("move-left", "Move segment 1 frame left", (",",), (-1,)),
            Command("move-right", "Move segment 1 frame right", (".",), (1,)),
        ],
        enabled=has_video,
        acts_on="whole segment",
        reviews="Both its boundaries",
        held=True,
    )
    def nudge_segment(self, frames: int) -> None:
        """Move the segment that begins at the current boundary, and the playhead.

        Without one, the segment under the playhead.
        """
        item, at = self.item, self.boundary.index
        if item is None:
            return
        # The playhead may not have arrived where the last nudge sent it.
        under = item.annotation.index_at(_within(item, self.player.target))
        index = under if at is None else at + 1
        before = item.annotation.segments[index].start
        self._nudge(
            self.tr("Move segment"),
            f"segment {index}",
            lambda s: move_segment(s, index, frames),
        )
        moved = self.item
        if at is not None:
            self._show_boundary()
        elif moved is not None:
            by = moved.annotation.segments[index].start - before
            self.player.seek(self.player.target + by)

    def _nudge(
        self, text: str, what: str, edit: Callable[[Segmentation], Segmentation]
    ) -> None:
        before = self._nudged
        same = before is not None and before[1] is self.document.project
        if before is None or before[0] != what or not same:
            self._nudges += 1
        self.edit(text, edit, merge_key=f"nudge {self._nudges}")
        self._nudged = (what, self.document.project)

    def _on_selection(self) -> None:
        self._nudged = None

    @command("in", "Set range start", "I", enabled=has_video)
    def mark_in(self) -> None:
        """Set the start of the marked range to the shown frame."""
        frame, stop = self.session.frame, self.session.range_out
        self.session.set_range(frame, stop if stop and stop > frame else None)

    @command("out", "Set range end", "O", enabled=has_video)
    def mark_out(self) -> None:
        """Set the end of the marked range to the shown frame."""
        stop, start = self.session.frame + 1, self.session.range_in
        self.session.set_range(
            start if start is not None and start < stop else None, stop
        )


def _within(item: Track, frame: int) -> int:
    # A replaced file may have more frames than the labels.
    return min(frame, item.n_frames - 1)


def _is_untouched(annotation: Segmentation) -> bool:
    """Return True if nobody said anything of a video yet."""
    return len(annotation) == 1 and annotation.segments[0].unlabelled


def _copy_and_agree(
    project: Project,
    video_id: TrackId,
    lane: Segmentation,
    frame: int,
    ended: Segment | None,
    sight: Sight,
) -> Project:
    """Copy what a model said at a frame, where segment ``ended`` ends; agree.

    Where that prediction was copied before and its end was moved back since, it still
    has the class of ``ended`` here; the person said that something else begins, so the
    next predicted segment is copied.
    """
    wanted = lane.at(frame)
    moved_back = (
        ended is not None
        and (ended.source, ended.class_id) == ("model", wanted.class_id)
        and wanted.start < frame
        and wanted.stop < lane.n_frames
    )
    if moved_back:
        wanted = lane.at(wanted.stop)
    taken = accept_prediction(project, video_id, lane, wanted.start, wanted.stop)

    def agreed(value: Segmentation) -> Segmentation:
        left = value.at(frame)
        if moved_back and left.unlabelled and left.stop == wanted.start:
            value = remove_boundary(value, value.index_at(frame), sight)
        return agree(value, value.index_at(wanted.stop - 1), sight)

    return edit_lane(taken, video_id, agreed)


def _trim_start(segmentation: Segmentation, frame: int) -> Segmentation:
    index = segmentation.index_at(frame)
    if index == 0:
        raise EditError("The first segment starts with the video. Split it instead.")
    return move_boundary(segmentation, index - 1, frame)


def _trim_stop(segmentation: Segmentation, stop: int) -> Segmentation:
    index = segmentation.index_at(stop - 1)
    if index == len(segmentation) - 1:
        raise EditError("The last segment ends with the video. Split it instead.")
    return move_boundary(segmentation, index, stop)
