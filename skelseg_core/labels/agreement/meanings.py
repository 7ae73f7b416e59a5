"""Meanings of the agreement figures, and when each misleads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """Title and explanation of a figure.

    Parameters
    ----------
    n_digits : int
        Digits after the point that are shown.
    """

    title: str
    sentence: str
    n_digits: int


_F1 = (
    "Segments that both have, overlapping by at least {} % of their union. Short and "
    "long ones count the same; smaller shifts of boundaries do not count."
)
MEANINGS: dict[str, Meaning] = {
    "kappa": Meaning(
        "Cohen's kappa",
        "Agreement by frame beyond chance: 1 is perfect, 0 is chance. It says little "
        "about short segments, and falls if one class is very common.",
        3,
    ),
    "fleiss": Meaning(
        "Fleiss' kappa",
        "Kappa for more than two people, over frames that all of them labelled. If one "
        "person left much unlabelled, few frames are compared.",
        3,
    ),
    "alpha": Meaning(
        "Krippendorff's alpha",
        "Like kappa, but unlabelled frames count as missing, so unfinished videos may "
        "be compared. It is too high if people leave difficult places unlabelled.",
        3,
    ),
    **{f"f1@{k}": Meaning(f"F1@{k} in %", _F1.format(k), 1) for k in (10, 25, 50)},
    "boundaries": Meaning(
        "Boundary deviation in frames",
        "Median distance of the boundaries that two people set between the same "
        "segments. Boundaries that only one person has do not count: F1 counts them.",
        1,
    ),
}
"""Sentences that explain each figure of agreement, by its name."""
INTERVAL = (
    "Interval: the range of the figure in 95 % of random draws of such videos. With "
    "fewer than {} videos there is none; with a few more it is too narrow."
)
