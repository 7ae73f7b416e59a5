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
    "Share of frames with the same class, of those that all compared people labelled. "
    "It is high by itself where one class fills most of the video.",
    "%",
)
_KAPPA = Meaning(
    "Cohen's kappa",
    "Agreement by frame beyond chance: 1 is perfect, 0 is chance. It says little "
    "about short segments, and falls where one class is very common.",
)
_FLEISS = Meaning(
    "Fleiss' kappa",
    "Kappa for more than two people, over frames that all of them labelled. Somebody "
    "who left much unlabelled shrinks what is compared.",
)
_ALPHA = Meaning(
    "Krippendorff's alpha",
    "Like kappa, but unlabelled frames count as missing, so unfinished videos may be "
    "compared. It flatters where people leave hard places unlabelled.",
)
_WITHOUT = (
    "The same without the frames around boundaries: what is left is real confusion. "
    "Segments shorter than twice the collar vanish from it."
)
_F1 = (
    "Segments that both have, overlapping by at least that share of their union. Short "
    "and long ones count the same, and how far boundaries are off within that is not "
    "seen."
)
_EDIT = (
    "How similar the order of segments is, whatever their times. The correct order at "
    "wrong moments still scores 100."
)
_SEGMENTS = {
    "segments_raw": Meaning(
        "Matched segments",
        "Share of segments with a partner of the same class that shares 60 % of the "
        "longer one. One long segment against two short ones finds no partner.",
        "%",
    ),
    "segments_kappa": Meaning(
        "Kappa of matched segments",
        "Holle and Rein's kappa: agreement on whole segments beyond chance, whatever "
        "their length. What one person left unlabelled counts as segments that only "
        "the other has.",
    ),
    "segments_kappa_max": Meaning(
        "Greatest kappa possible",
        "The most that the kappa above could reach, given how often each person used "
        "each class and which segments have no partner. Judge it against this, not "
        "against 1.",
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
    "median away from 0 is a habit, a wide spread a vague rule. Boundaries that only "
    "one has are counted separately."
)
CONFUSION = (
    "Frames by what the first (rows) and the second (columns) say. A few frames at "
    "each boundary add up, so the table is there without them too."
)
INTERVAL = (
    "In brackets: where the figure would lie for 95 % of draws of videos like these. "
    "With fewer than {} videos there is none; with a few more it is too narrow."
)
