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
    "Share of the frames labelled by all compared that have the same class; it is high "
    "by itself where one class fills most of the video.",
    "%",
)
_KAPPA = Meaning(
    "Cohen's kappa",
    "Agreement by frame beyond what chance would give with these classes: 1 is all of "
    "it, 0 none; frames of one segment are alike, so it says little of short segments, "
    "and it falls where one class is very common.",
)
_FLEISS = Meaning(
    "Fleiss' kappa",
    "Kappa for more than two, over frames that all of them labelled; a person who left "
    "much unlabelled shrinks what is compared.",
)
_ALPHA = Meaning(
    "Krippendorff's alpha",
    "As kappa, with unlabelled frames as missing rather than as disagreement, so "
    "unfinished videos may be compared; where people leave hard places unlabelled it "
    "flatters.",
)
_WITHOUT = (
    "The same without the frames around boundaries: what is left is real confusion, "
    "not two frames of style; segments shorter than twice the collar vanish from it."
)
_F1 = (
    "Segments of the one that the other has too, with at least that share of the union "
    "in common; a segment of a few frames weighs as much as a long one, and how far a "
    "boundary is off within that is not seen."
)
_EDIT = (
    "How alike the orders of segments are, whatever their times; a right order at "
    "wrong moments still scores 100."
)
_SEGMENTS = {
    "segments_raw": Meaning(
        "Matched segments",
        "Share of all segments that have a partner of the same class which shares 60 % "
        "of the longer one; one long segment against two short ones finds no partner.",
        "%",
    ),
    "segments_kappa": Meaning(
        "Kappa of matched segments",
        "Holle and Rein's kappa: agreement on whole segments beyond chance, whatever "
        "their length; what one person left unlabelled counts as segments that the "
        "other has alone.",
    ),
    "segments_kappa_max": Meaning(
        "Greatest kappa possible",
        "The kappa above could reach this at most, given how often each person used "
        "each class and how many segments have no partner: judge it against this, not "
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
    "Frames from the boundary of the first to the same one of the second, later is "
    "positive: a median away from 0 is a habit, a wide spread a vague rule; boundaries "
    "that only one of them has are counted beside, not measured."
)
CONFUSION = (
    "Frames by what the first (rows) and the second (columns) say; a few frames off "
    "the diagonal at each boundary add up, so the table is there without them too."
)
INTERVAL = (
    "In brackets: where the figure would lie for 95 % of draws of videos like these; "
    "with fewer than {} videos there is none, with a few more it is narrower than it "
    "ought to be."
)
