"""Pictures of a report: which figures are drawn, and their captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.paper.report.plots import levels_png, scores_png, shares_png
from benchmarks.paper.report.records import Bars, ReportAbout
from benchmarks.paper.report.strips import strips_png
from benchmarks.paper.report.tables import ReportTable, levels
from skelseg_core.file_names import safe_name


@dataclass(frozen=True)
class ReportPicture:
    """A figure: its file name, its caption, its PNG, and the table it shows.

    Parameters
    ----------
    name, caption : str
    png : bytes
    table : str
        Id of the table it shows; empty for figures of a video.
    """

    name: str
    caption: str
    png: bytes
    table: str = ""


def draw(
    about: ReportAbout, tables: Sequence[ReportTable], bars: Sequence[Bars]
) -> tuple[ReportPicture, ...]:
    """Draw the figures of a report: one or two per table, one per video."""
    of_tables = [_of_table(t) for t in tables if not t.signed and _has_scores(t)]
    of_videos = [
        ReportPicture(
            f"labels_{n:02d}_{safe_name(each.video)}.png",
            f"Labels of video {each.video}, with the share of its labelled frames "
            "that each model names correctly.",
            strips_png(each, about.classes, about.colors),
        )
        for n, each in enumerate(bars, start=1)
    ]
    return (*of_tables, *_of_shares(tables), *of_videos)


def _of_shares(tables: Sequence[ReportTable]) -> list[ReportPicture]:
    return [
        ReportPicture(
            f"{safe_name(table.spec.table)}_shares.png",
            f"{table.spec.title}: errors by the share of frames that lack a limb. "
            "Error bars: standard error of what is lost, over the folds.",
            shares_png(table, change),
            table.spec.table,
        )
        for table, change in pairwise(tables)
        if change.signed and any(r.title.share and r.n for r in change.rows)
    ]


def _has_scores(table: ReportTable) -> bool:
    return any(
        stat.n for row in table.rows for kind in table.kinds
        for stat in row.scores[kind].values()
    )  # fmt: skip


def _of_table(table: ReportTable) -> ReportPicture:
    disturbed = bool(levels(table.spec))
    end = (
        "under each disturbance."
        if disturbed
        else "in percent. Error bars: standard error over the folds."
    )
    return ReportPicture(
        f"{safe_name(table.spec.table)}.png",
        f"{table.spec.title}: F1@10, edit score and frame accuracy {end}",
        (levels_png if disturbed else scores_png)(table),
        table.spec.table,
    )
