"""Meanings of the figures of agreement: what each says here, and when it misleads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """Say what a figure is.

    Parameters
    ----------
    title : str
        As a row of a table.
    sentence : str
        What it means here, and when it misleads.
    unit : {"%", ""}
        Shares are in percent; coefficients have none.
    """

    title: str
    sentence: str
    unit: str = ""


_COLLAR = " without boundaries"
_RAW = Meaning(
    "Raw agreement",
    "Share of frames with the same class, among those that all compared people "
    "labelled. It is always high if one class fills most of the video.",
    "%",
)
_KAPPA = Meaning(
    "Cohen's kappa",
    "Agreement by frame beyond chance: 1 is perfect, 0 is chance. It says little "
    "about short segments, and falls if one class is very common.",
)
_FLEISS = Meaning(
    "Fleiss' kappa",
    "Kappa for more than two people, over frames that all of them labelled. If one "
    "person left much unlabelled, few frames are compared.",
)
_ALPHA = Meaning(
    "Krippendorff's alpha",
    "Like kappa, but unlabelled frames count as missing, so unfinished videos may be "
    "compared. It is too high if people leave difficult places unlabelled.",
)
_WITHOUT = (
    "The same without the frames around boundaries: the rest is real confusion. "
    "Segments shorter than twice the collar are left out."
)
_F1 = (
    "Segments that both have, overlapping by at least that share of their union. "
    "Short and long ones count the same; smaller shifts of boundaries do not count."
)
_EDIT = (
    "How similar the order of segments is, whatever their times. The correct order "
    "at wrong times still scores 100."
)
_SEGMENTS = {
    "segments_raw": Meaning(
        "Matched segments",
        "Share of segments with a partner of the same class that shares 60 % of the "
        "longer one. One long segment against two short ones has no partner.",
        "%",
    ),
    "segments_kappa": Meaning(
        "Kappa of matched segments",
        "Holle and Rein's kappa: agreement on whole segments beyond chance, whatever "
        "their length. Frames that one person left unlabelled count as segments that "
        "only the other has.",
    ),
    "segments_kappa_max": Meaning(
        "Greatest kappa possible",
        "The highest possible value of the kappa above, given how often each person "
        "used each class and which segments have no partner. Compare it with this, "
        "not with 1.",
    ),
}


def _both_ways() -> dict[str, Meaning]:
    found = {}
    for which, who in (("first", "the first"), ("second", "the second")):
        for k in (10, 25, 50):
            found[f"f1@{k}_{which}"] = Meaning(f"F1@{k}, {who} as truth", _F1, "%")
        found[f"edit_{which}"] = Meaning(f"Edit, {who} as truth", _EDIT, "%")
    return found


def _framewise() -> dict[str, Meaning]:
    whole = {"raw": _RAW, "kappa": _KAPPA, "fleiss": _FLEISS, "alpha": _ALPHA}
    without = {
        f"{name}_collar": Meaning(m.title + _COLLAR, _WITHOUT, m.unit)
        for name, m in whole.items()
    }
    return {**whole, **without}


MEANINGS: dict[str, Meaning] = {**_framewise(), **_SEGMENTS, **_both_ways()}
"""Sentences that explain each figure of agreement, by its name."""
DEVIATION = (
    "Frames from the first person's boundary to the second's; later is positive. A "
    "median away from 0 is a habit, a wide spread a vague rule. Boundaries that "
    "only one person has are counted separately."
)
CONFUSION = (
    "Frames by the class of the first person (rows) and of the second (columns). A "
    "few frames at each boundary add up, so there is a second table without them."
)
INTERVAL = (
    "In brackets: the range of the figure in 95 % of random draws of such videos. "
    "With fewer than {} videos there is none; with a few more it is too narrow."
)
