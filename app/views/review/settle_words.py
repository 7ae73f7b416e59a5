"""Words and keys of the review room while two people's disagreements are settled."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from app.kit import theme
from app.kit.language import tr
from app.kit.plural import frames_named, plural
from app.services.review.settling import Settling
from skelseg_core.labels.segmentation import Segment, Segmentation

if TYPE_CHECKING:
    from skelseg_core.labels.classes import LabelMap

KEYS = (
    ("settle-first", ""),
    ("settle-second", ""),
    ("settle-middle", "middle"),
    ("room-right", "as is"),
    ("room-next", "next"),
    ("room-previous", "back"),
    ("room-again", "play"),
    ("room-undecided", "undecided"),
    ("room-leave", "leave"),
)
"""The commands of the room then in the order of its rows, with a word for each."""


def words_of_keys(settling: Settling) -> Sequence[tuple[str, str]]:
    """List the commands that hold at a block, each with a word."""
    first, second = settling.names()
    named = {"settle-first": first, "settle-second": second}
    moved = settling.block is not None and settling.block.kind == "moved"
    return [
        (id_, named.get(id_) or tr(word))
        for id_, word in KEYS
        if id_ != "settle-middle" or moved
    ]


def both_sides(settling: Settling) -> str:
    """Write what each of the two says in the block, and what stands there now."""
    block, dispute = settling.block, settling.dispute
    item = settling.item
    both = None if item is None or dispute is None else dispute.of(item)
    if block is None or both is None or item is None:
        return ""
    label_map = settling.label_map
    rows = [
        (who, lane)
        for who, lane in zip(
            (*settling.names(), tr("now")), (*both, item.annotation), strict=True
        )
    ]
    dim = theme.current().dim
    lines = [
        f"<span style='color:{dim}'>{escape(who)}</span> "
        + _classes(lane, block.start, block.stop, label_map)
        for who, lane in rows
    ]
    frames = frames_named(block.start, block.stop)
    lines.insert(
        0, f"<span style='color:{dim}'>{tr('Frames {}').format(frames)}</span>"
    )
    return "<br>".join(lines)


def _classes(lane: Segmentation, start: int, stop: int, label_map: LabelMap) -> str:
    """Write the classes of a lane in a range, with their colours."""
    first, last = lane.index_at(start), lane.index_at(stop - 1)
    parts = [_named(s, label_map) for s in lane.segments[first : last + 1]]
    shown = [p for n, p in enumerate(parts) if n == 0 or p != parts[n - 1]]
    more = " …" if len(shown) > MOST else ""
    return " | ".join(shown[:MOST]) + more


MOST = 3
"""Classes of one person that are named for a block."""


def _named(segment: Segment, label_map: LabelMap) -> str:
    found = label_map.get(segment.class_id)
    if found is None:
        nothing = tr("undecided") if segment.undecided else tr("unlabelled")
        return f"<i>{nothing}</i>"
    return f"<span style='color:{found.color}'>■</span> <b>{escape(found.name)}</b>"


def decided(settling: Settling) -> str:
    """Write who settled the block, and how; empty where nobody did."""
    found = settling.decision
    if found is None:
        return ""
    first, second = settling.names()
    choices = {
        "first": first,
        "second": second,
        "middle": tr("the middle"),
        "edit": tr("edited"),
    }
    return tr("Settled: {}, by {}").format(choices[found.choice], found.who)


def ended(settling: Settling) -> tuple[str, str]:
    """Return the sentence after the last block, and that of its button."""
    first, second = settling.names()
    if settling.n_open:
        return plural("{n} disagreement(s) skipped.", settling.n_open), tr("Continue")
    text = tr("All disagreements between {} and {} are settled.").format(first, second)
    found = settling.figures()
    if found is not None:
        shares = [f"{share:.1f} %" for share in found]
        text += " " + tr(
            "They agreed in {} of the frames that both labelled. The result agrees "
            "with {} in {} and with {} in {}."
        ).format(shares[0], first, shares[1], second, shares[2])
    item = settling.next_video
    if item is None:
        return text, tr("Keep as gold")
    return text, tr("Keep as gold, next video: {}").format(item.id)


def left(n: int) -> str:
    """Write how many blocks wait."""
    return plural("{n} more item(s) to review.", n)
