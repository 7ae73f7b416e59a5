"""Choices of a person on how label files are imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from skelseg_core.choices import choice, declared
from skelseg_core.errors import ConfigError
from skelseg_core.project.project import ANNOTATION
from skelseg_core.project.tracks import TrackKey
from skelseg_core.project.videos_and_tracks import annotator_lane

Tracks = Literal["refuse", "keep", "one"]
Text = Literal["refuse", "comments", "classes"]
Overlap = Literal["refuse", "last", "first"]
Unpaired = Literal["refuse", "end", "next", "leave-out"]
Existing = Literal["refuse", "fill", "replace"]
Targets = tuple[tuple[TrackKey, TrackKey | None], ...]
"""Tracks as files name them, each with the tier and person that it becomes, or None."""


@dataclass(frozen=True)
class ImportChoices:
    """Choices of a person on how label files are imported.

    Of ``picks``, whole titles of tracks or names, those tracks are taken that have all
    of them; where none has, those that have any. ``targets`` is what a person said of
    the tiers and people of tracks that are kept; the rest is proposed.
    """

    video: str = choice("", "Video that was labelled.", metavar="ID", of="video")
    picks: tuple[str, ...] = choice(
        (),
        "Tier, observation, subject, player or annotator; may be repeated.",
        "--pick",
        metavar="NAME",
    )
    annotator: str = choice(
        "", "Put the labels into the lane of this person.", metavar="NAME"
    )
    tracks: Tracks = choice(
        "refuse",
        "Several tracks of a video: keep tiers and people, or make one of all.",
        title="Several tracks",
        words=("choose…", "are kept, by tier and person", "become one"),
    )
    targets: Targets = ()
    existing: Existing = choice(
        "refuse",
        "Existing labels: refuse, fill only unlabelled frames, or replace them.",
        title="Existing labels",
        words=("choose…", "keep them: fill only unlabelled frames", "are replaced"),
    )
    overlap: Overlap = choice(
        "refuse",
        "Which label counts where two overlap.",
        title="Where two overlap",
        words=(
            "choose…",
            "the one that starts last counts",
            "the one that started first counts",
        ),
    )
    unpaired: Unpaired = choice(
        "refuse",
        "Events that start and do not stop: end them with the video or at the next "
        "event of their subject, or leave them out.",
        title="Events that do not stop",
        words=(
            "choose…",
            "end with the video",
            "end at the next event of the subject",
            "are left out",
        ),
    )
    text: Text = choice(
        "refuse",
        "Tracks of free text: import them as comments, or each text as a class.",
        title="Free text",
        words=("choose…", "becomes comments", "becomes classes"),
    )
    rate: float | None = choice(
        None, "Frames per second of the labels, if there is no video.", metavar="R"
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be chosen."""
        if self.rate is not None and not 0 < self.rate < 1e6:
            raise ConfigError(
                "The rate is {} frames per second; it must be above 0.", self.rate
            )
        for one in declared(ImportChoices):
            value = getattr(self, one.name)
            if one.values and value not in one.values:
                known = ", ".join(one.values)
                raise ConfigError("{} is '{}'; it must be {}.", one.name, value, known)

    @property
    def lane(self) -> str:
        """Name of the lane that the labels go into."""
        return annotator_lane(self.annotator) if self.annotator else ANNOTATION
