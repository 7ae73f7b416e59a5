"""Tiers and tracks: kinds of labels of a video, and whose labels they are.

A tier is a kind of label with its classes: action, posture, left hand. A track is a
tier of one person, or of the scene, in one video. It has labels, a file and an
annotator of its own. So an edit changes one track, and two people can label two tracks
of one video at once.

The id of a track names its files. The first track of a video has the id of the video;
those of the others are made of video, tier and person: ``kitchen-1@left_hand@anna``.
Nothing reads them back from it: a `Track` holds all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, NewType

from skelseg_core.errors import EditError
from skelseg_core.file_names import portable_name, safe_name, short_name
from skelseg_core.labels.classes import breaks_lines

VideoId = NewType("VideoId", str)
"""Id of a video; it names files of the video."""
TrackId = NewType("TrackId", str)
"""Id of a track; it names files of the track."""
_SEPARATOR = "@"
_MOST_CHARACTERS = 100

TierOf = Literal["person", "scene"]
TierKind = Literal["segments", "points"]


class TrackKey(NamedTuple):
    """A kind of label and a person: the id of a tier, and a name.

    The tier "" is the first one. The person "" is the subject where nobody is named,
    or nobody where the tier is of the scene.
    """

    tier: str = ""
    person: str = ""


@dataclass(frozen=True)
class Tier:
    """A kind of label with classes of its own.

    Parameters
    ----------
    id : str
        Stable, and part of file names; "" is that of the first tier.
    name : str
    of : {"person", "scene"}
        Whether each person has a track of it, or the video one.
    kind : {"segments", "points"}
        Whether all frames are labelled, or single ones.
    required : bool
        Whether a video is finished only when its tracks are.
    inside : str or None
        Id of a tier whose segments hold those of this one; None where none does.
    mirrors : str or None
        Id of a tier of the other side of the body; None where there is none.
    """

    id: str = ""
    name: str = "Action"
    of: TierOf = "person"
    kind: TierKind = "segments"
    required: bool = True
    inside: str | None = None
    mirrors: str | None = None

    def __post_init__(self) -> None:
        """Refuse ids and names that files cannot carry."""
        if self.id and safe_name(self.id) != self.id:
            raise EditError("The tier id '{}' is not a file name.", self.id)
        text = self.name.strip()
        wrong = text != self.name or any(map(breaks_lines, text))
        if not text or wrong or len(text) > _MOST_CHARACTERS:
            raise EditError(
                "{!r:.60} cannot name a tier: take at most {} characters, without line "
                "breaks.",
                self.name,
                _MOST_CHARACTERS,
            )


def check_segments(tier: Tier) -> None:
    """Raise an EditError where a tier has marks instead of segments."""
    if tier.kind == "points":
        raise EditError(
            "'{}' has points, not segments; a class key adds a point.", tier.name
        )


def checked_tiers(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    """Refuse tiers without a first one, and two of one id or name.

    Raises
    ------
    EditError
    """
    if not tiers or tiers[0].id:
        raise EditError("The first tier of a project is missing.")
    ids, names = {t.id for t in tiers}, {t.name.casefold() for t in tiers}
    if len(ids) < len(tiers) or len(names) < len(tiers):
        raise EditError("Two tiers have the same name; give each its own.")
    return tiers


def id_in_words(item_id: str) -> str:
    """Write the id of a track for people who can see no more of it."""
    return " ".join(item_id.replace(_SEPARATOR, " ").split())


def track_id(video_id: VideoId, track: TrackKey) -> TrackId:
    """Make the id of a further track of a video."""
    of_tier = f"{video_id}{_SEPARATOR}{track.tier}"
    person = portable_name(track.person) if track.person else ""
    made = f"{of_tier}{_SEPARATOR}{person}" if person else of_tier
    if short_name(made) != made:
        raise EditError(
            "The names of {}, the tier and the person are too long together for a "
            "file; give one of them a shorter name.",
            video_id,
        )
    return TrackId(made)


def video_hold(video_id: VideoId) -> str:
    """Name the hold on what people say of a whole video; no track has this id."""
    return f"{video_id}{_SEPARATOR}{_SEPARATOR}"


def is_track_id(text: str) -> bool:
    """Tell whether ``text`` may be the id of a video or of a track of one."""
    name = text.replace(_SEPARATOR, "")
    return not text.startswith(_SEPARATOR) and safe_name(name) == name
