"""Effort: what labelling the videos of a project takes a simulated person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.errors import ProjectError, SkelsegError
from skelseg_core.labels.edits import remap_classes
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.label_files import load_labels, segmentation_of
from skelseg_core.project.project import ANNOTATION, Project, VideoItem
from skelseg_core.review.effort import POLICIES, Case, Costs, Outcome, share_looked_at
from skelseg_core.review.evidence import Evidence
from skelseg_core.review.habits import Habits, habits_of_others
from skelseg_core.tasks.assist import stored_evidence
from skelseg_core.tasks.predict import usable_model

COLLARS = (0, 2, 5)
STRIPS_S = (0.3, 0.5, 1.0)
"""Prices of a strip of the wall with which its seconds are printed."""


@dataclass
class EffortRow:
    """Figures of one policy at one collar, over all videos.

    Parameters
    ----------
    policy : str
    collar : int
    outcomes : list of (Case, Outcome)
    """

    policy: str
    collar: int
    outcomes: list[tuple[Case, Outcome]] = field(default_factory=list)

    @property
    def events(self) -> float:
        """Mean number of events a video."""
        return float(np.mean([o.events for _, o in self.outcomes]))

    def seconds(self, costs: Costs) -> float:
        """Mean number of seconds a video."""
        found = [o.seconds(case.duration_s, costs) for case, o in self.outcomes]
        return float(np.mean(found))

    @property
    def kinds(self) -> dict[str, float]:
        """Mean number of mendings a video, by kind of error."""
        counts: Counter[str] = Counter()
        for _, outcome in self.outcomes:
            counts.update(outcome.effort.kinds)
        return {k: n / len(self.outcomes) for k, n in sorted(counts.items())}

    @property
    def classes(self) -> dict[str, float]:
        """Mean number of mendings a video, by the name of the class that was given."""
        counts: Counter[str] = Counter()
        for case, outcome in self.outcomes:
            for mending in outcome.effort.mended:
                if mending.kind != "boundary":
                    name = case.label_map.name_of(mending.class_id)
                    counts[name or "unlabelled"] += 1
        return {k: n / len(self.outcomes) for k, n in counts.most_common()}

    @property
    def looked_at(self) -> float | None:
        """Mean share of the queue for 80 % of the events; None without a queue."""
        shares = [
            share_looked_at(o.effort.looks, o.effort.curve[0], 0.8)
            for _, o in self.outcomes
            if o.looks and o.effort.curve[0]
        ]
        return float(np.mean(shares)) if shares else None

    @property
    def curve(self) -> list[float]:
        """Mean number of events still left, by events made."""
        curves = [o.curve for _, o in self.outcomes]
        longest = max(map(len, curves))
        return [
            float(np.mean([c[n] if n < len(c) else 0 for c in curves]))
            for n in range(longest)
        ]

    def worst(self, live: EffortRow) -> tuple[str, float]:
        """Find the video where it saves least against another policy: times fewer."""
        found: dict[str, list[float]] = {}
        for (case, outcome), (_, other) in zip(
            self.outcomes, live.outcomes, strict=True
        ):
            times = other.events / max(1, outcome.events)
            found.setdefault(case.video, []).append(times)
        means = {video: float(np.mean(v)) for video, v in found.items()}
        video = min(means, key=lambda v: means[v])
        return video, means[video]


def simulated(
    cases: Sequence[Case], policies: Sequence[str], collars: Sequence[int], costs: Costs
) -> Task[list[EffortRow]]:
    """Label all cases by all policies; the first policy is always measured too."""
    names = [p for p in POLICIES if p in policies or p == next(iter(POLICIES))]
    rows = [EffortRow(name, collar) for name in names for collar in collars]
    for n, case in enumerate(cases):
        for m, row in enumerate(rows):
            done, total = n * len(rows) + m, len(rows) * len(cases)
            yield Progress(f"{case.video}, {row.policy}", done, total)
            outcome = POLICIES[row.policy](case, row.collar, costs)
            row.outcomes.append((case, outcome))
    return rows


def as_json(
    rows: Sequence[EffortRow], costs: Costs, left_out: Mapping[str, str]
) -> dict[str, Any]:
    """Convert figures to plain values."""
    live = {row.collar: row for row in rows if row.policy == rows[0].policy}
    return {
        "costs": vars(costs),
        "left_out": dict(left_out),
        "rows": [
            {
                "policy": row.policy,
                "collar": row.collar,
                "events": round(row.events, 2),
                "times_fewer": round(live[row.collar].events / max(1, row.events), 2),
                "worst": row.worst(live[row.collar]),
                "seconds": round(row.seconds(costs), 1),
                "kinds": row.kinds,
                "classes": row.classes,
                "looked_at_for_80": row.looked_at,
                "videos": {
                    case.video: {
                        "events": outcome.events,
                        "seconds": round(outcome.seconds(case.duration_s, costs), 1),
                    }
                    for case, outcome in row.outcomes
                },
            }
            for row in rows
        ],
    }


def table_of(rows: Sequence[EffortRow], costs: Costs) -> list[str]:
    """Write the figures as the lines of a Markdown table."""
    collars = sorted({row.collar for row in rows})
    found = {(row.policy, row.collar): row for row in rows}
    policies = list(dict.fromkeys(row.policy for row in rows))
    heads = [f"events, K = {k}" for k in collars]
    heads += [f"worst video, K = {k}" for k in collars]
    heads += [f"seconds, K = {k}" for k in collars]
    lines = ["| policy | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for policy in policies:
        cells = []
        for k in collars:
            row, live = found[policy, k], found[policies[0], k]
            cells.append(f"{row.events:.1f}{_times(live.events, row.events)}")
        for k in collars:
            video, times = found[policy, k].worst(found[policies[0], k])
            cells.append(f"{times:.1f}x ({video})" if policy != policies[0] else "")
        cells += [_seconds(found, policies[0], policy, k, costs) for k in collars]
        lines.append(f"| {policy} | " + " | ".join(cells) + " |")
    return lines


def _seconds(
    found: Mapping[tuple[str, int], EffortRow],
    first: str,
    policy: str,
    collar: int,
    costs: Costs,
) -> str:
    row, live = found[policy, collar], found[first, collar].seconds(costs)
    if not any(outcome.strips for _, outcome in row.outcomes):
        return f"{row.seconds(costs):.0f}{_times(live, row.seconds(costs))}"
    prices = sorted({*STRIPS_S, costs.strip_s})
    seconds = [row.seconds(replace(costs, strip_s=price)) for price in prices]
    return "; ".join(
        f"{s:.0f}{_times(live, s)} at {price:g}"
        for s, price in zip(seconds, prices, strict=True)
    )


def _times(live: float, other: float) -> str:
    return f" ({live / other:.1f}x)" if 0 < other < live else ""


def kinds_table(rows: Iterable[EffortRow]) -> list[str]:
    """Write mendings a video by kind of error as the lines of a Markdown table."""
    kinds = ("missing", "extra", "label", "boundary")
    lines = [
        "| policy | K | " + " | ".join(kinds) + " | most of them |",
        "|---" * (len(kinds) + 3) + "|",
    ]
    for row in rows:
        cells = [f"{row.kinds.get(kind, 0):.1f}" for kind in kinds]
        most = [f"{name} {n:.1f}" for name, n in list(row.classes.items())[:2]]
        cells.append(", ".join(most))
        lines.append(f"| {row.policy} | {row.collar} | " + " | ".join(cells) + " |")
    return lines


def curves_of(rows: Iterable[EffortRow]) -> dict[int, dict[str, list[float]]]:
    """Collect the curves by collar and policy."""
    curves: dict[int, dict[str, list[float]]] = {}
    for row in rows:
        curves.setdefault(row.collar, {})[row.policy] = row.curve
    return curves


# -- the cases of a project ---------------------------------------------------------


def cases_of(
    folder: ProjectFolder,
    project: Project,
    model: str,
    truth: str,
    videos: Sequence[str] = (),
) -> tuple[list[Case], dict[str, str]]:
    """Collect the videos of a project whose truth is known and new to a model.

    Parameters
    ----------
    folder, project
    model : str
        By which they are pre-labelled already.
    truth : str
        A lane, or a folder of label files or a project.
    videos : sequence of str
        All where there are none.

    Returns
    -------
    list of Case
    dict of str to str
        Why, by the video that was left out.

    Raises
    ------
    ProjectError
        Where nothing is left.
    """
    _, info = usable_model(folder, project, model)
    cases, left_out = [], {}
    for video_id in videos or project.ids:
        item = project.video(video_id)
        try:
            if info.trained_on(item.id, item.fingerprint):
                raise ProjectError("{} was trained on it", model)
            evidence = stored_evidence(folder, project, item, info)
            lane = _truth_of(project, item, truth)
        except SkelsegError as error:
            left_out[video_id] = str(error)
            continue
        cases.append(_case(project, item, evidence, lane))
    if not cases:
        why = "; ".join(f"{v}: {text}" for v, text in list(left_out.items())[:3])
        raise ProjectError("There is no video to measure effort on ({}).", why)
    return cases, left_out


def _case(
    project: Project, item: VideoItem, evidence: Evidence, truth: Segmentation
) -> Case:
    habits: Habits = habits_of_others(project, item)
    return Case(item.id, truth, evidence, project.label_map, habits)


def _truth_of(project: Project, item: VideoItem, truth: str) -> Segmentation:
    """Read the true labels of a video, complete.

    Raises
    ------
    SkelsegError
        Where there are none, or they do not cover the video.
    """
    place = Path(truth)
    lane = _truth_in(place, project, item) if place.is_dir() else item.known_lane(truth)
    lane = remap_classes(lane, project.label_map.moves).vouched
    if lane.n_labelled < lane.n_frames:
        raise ProjectError("its true labels do not cover all frames")
    return lane


def _truth_in(place: Path, project: Project, item: VideoItem) -> Segmentation:
    ids: dict[str, int | None] = {c.name: c.id for c in project.label_map.classes}
    if (place / "project.json").is_file():
        other = ProjectFolder(place).load()
        lane = other.video(item.id).known_lane(ANNOTATION)
        names = {c.id: ids[c.name] for c in other.label_map.classes if c.name in ids}
        return remap_classes(lane, names)
    found = sorted(p for p in place.glob(f"{item.id}.*") if p.is_file())
    if not found:
        raise ProjectError("there are no true labels of it in {}", place)
    return segmentation_of(load_labels(found[0], item), item, ids, found[0])
