"""What it saves to agree on conventions (UW-IOM).

`python -m benchmarks.conventions OUT` reads what `python -m benchmarks.queue OUT --data
SRC` left in OUT: what models say of people they have not seen. Conventions are those
that the audit finds in the labels of the other folds; truth and pre-label are settled
by them alike. It prints the table of `docs/results/conventions.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.by_hand import events_left
from benchmarks.out_of_fold import SEEDS, Video, videos_of
from benchmarks.working_lane import WorkingLane
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.conventions import Convention, settle
from skelseg_core.progress import run
from skelseg_core.project.project import ANNOTATION, VideoItem, add_video, new_project
from skelseg_core.review.conventions import audit

COLLARS = (5, 2)


def rules_of(others: Sequence[Video]) -> tuple[Convention, ...]:
    """Find what the people of other videos label in two ways."""
    ids = sorted(others[0].evidence.class_ids)
    project = new_project("others", label_map_from_names(str(i) for i in ids))
    for video in others:
        lane, rate = video.truth.segmentation, video.evidence.rate
        item = VideoItem(
            *(video.name, "", "", lane.n_frames, 1, 1, rate), {ANNOTATION: lane}
        )
        project = add_video(project, item)
    return tuple(finding.rule for finding in run(audit(project)))


def settled(video: Video, rules: tuple[Convention, ...]) -> Video:
    """Settle truth and pre-label alike."""
    evidence = replace(video.evidence, conventions=rules)
    truth = settle(video.truth.segmentation, rules, evidence.times)
    return Video(video.name, evidence, evidence.decode(), WorkingLane.of(truth))


def measure(out: Path) -> None:
    rows: dict[tuple[str, int], list[int]] = {}
    n_rules = []
    for seed in range(SEEDS):
        folds = {
            path.name.split(".")[0]: int(np.load(path)["fold"])
            for path in out.glob(f"*.seed{seed}.npz")
        }
        videos = videos_of(out, seed)
        for video in videos:
            others = [v for v in videos if folds[v.name] != folds[video.name]]
            rules = rules_of(others)
            n_rules.append(len(rules))
            agreed = settled(video, rules)
            for name, of in (("mended by hand", video), ("by convention", agreed)):
                for collar in COLLARS:
                    left = events_left(of.pre_label, of.truth.segmentation, collar)
                    rows.setdefault((name, collar), []).append(left)
    print("| | " + " | ".join(f"K={c}" for c in COLLARS) + " |")
    print("|---|" + "---|" * len(COLLARS))
    for name in dict.fromkeys(n for n, _ in rows):
        means = " | ".join(f"{np.mean(rows[name, c]):.1f}" for c in COLLARS)
        print(f"| {name} | {means} |")
    print(f"conventions found in the other folds: {min(n_rules)} to {max(n_rules)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    measure(parser.parse_args().out)


if __name__ == "__main__":
    main()
