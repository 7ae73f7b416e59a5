"""Progress of all tracks of a project together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from skelseg_core.choices import ANNOTATION as ANNOTATION
from skelseg_core.project.tracks import VideoId
from skelseg_core.project.videos_and_tracks import Track


@dataclass(frozen=True)
class Totals:
    """Progress of all tracks of a project together: finished, reviewed, labelled.

    Parameters
    ----------
    required : int
        Tracks that are to be finished.
    finished, done : int
        Of these the ones of which every frame is labelled or undecided, and those of
        them that are reviewed.
    videos, videos_finished, videos_done : int
        Videos; of these the ones whose tracks are all finished, and those of them that
        are reviewed. Tracks that need not be finished count where a video has no other.
    missing : int
        Tracks of which a label file is gone.
    labelled : int
        Videos with at least one labelled frame.
    labelled_frames, frames_of_labelled : int
        Labelled frames, and all frames of the videos that they are in.
    class_counts : Counter
        Segments and marks by class id; None counts the unlabelled.
    """

    required: int = 0
    finished: int = 0
    done: int = 0
    videos: int = 0
    videos_finished: int = 0
    videos_done: int = 0
    missing: int = 0
    labelled: int = 0
    labelled_frames: int = 0
    frames_of_labelled: int = 0
    class_counts: Counter[int | None] = field(default_factory=Counter)

    @property
    def unfinished(self) -> int:
        """Tracks that are to be finished yet."""
        return self.required - self.finished

    @classmethod
    def of(
        cls, videos: Sequence[Track], optional: Collection[str] = frozenset()
    ) -> Totals:
        """Count these videos; those of ``optional`` tiers need not be finished."""
        required = [v for v in videos if v.tier not in optional]
        finished = [v for v in required if v.finished]
        labelled = [v for v in videos if v.annotation.n_labelled]
        of_video: dict[VideoId, list[Track]] = {}
        for item in videos:
            of_video.setdefault(item.video_id, []).append(item)
        wanted = [
            [v for v in tracks if v.tier not in optional] or tracks
            for tracks in of_video.values()
        ]
        whole = [tracks for tracks in wanted if all(v.finished for v in tracks)]
        classes: Counter[int | None] = Counter()
        for item in videos:
            classes.update(item.annotation.class_counts)
            classes.update(mark.class_id for mark in item.marks)
        return cls(
            required=len(required),
            finished=len(finished),
            done=sum(v.reviewed for v in finished),
            videos=len(of_video),
            videos_finished=len(whole),
            videos_done=sum(all(v.reviewed for v in tracks) for tracks in whole),
            missing=sum(bool(v.missing) for v in videos),
            labelled=len({v.video_id for v in labelled}),
            labelled_frames=sum(v.annotation.n_labelled for v in labelled),
            frames_of_labelled=sum(v.n_frames for v in labelled),
            class_counts=classes,
        )

    def replaced(
        self,
        old: Sequence[Track],
        new: Sequence[Track],
        optional: Collection[str] = frozenset(),
    ) -> Totals:
        """Count anew after ``new`` tracks took the place of ``old`` ones.

        They are all tracks of their videos.
        """
        changed = {
            a.video_id
            for a, b in zip(old, new, strict=True)
            if a.annotation is not b.annotation
            or a.marks is not b.marks
            or a.missing != b.missing
        }
        less = Totals.of([a for a in old if a.video_id in changed], optional)
        more = Totals.of([b for b in new if b.video_id in changed], optional)
        classes = self.class_counts.copy()
        classes.subtract(less.class_counts)
        classes.update(more.class_counts)
        return Totals(
            self.required,
            self.finished - less.finished + more.finished,
            self.done - less.done + more.done,
            self.videos,
            self.videos_finished - less.videos_finished + more.videos_finished,
            self.videos_done - less.videos_done + more.videos_done,
            self.missing - less.missing + more.missing,
            self.labelled - less.labelled + more.labelled,
            self.labelled_frames - less.labelled_frames + more.labelled_frames,
            self.frames_of_labelled - less.frames_of_labelled + more.frames_of_labelled,
            classes,
        )
