"""How often people and a model that has not seen them put a boundary at one frame.

UW-IOM in four folds, one seed (see `out_of_fold`): the share of each video, and of all
stretches of so many boundaries in a row those that an import takes for a pre-label.

    python -m benchmarks.shared_boundaries PATH_OF_UW_IOM --out runs/uw_iom
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks import out_of_fold
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.returned import Prelabel, is_prelabel


def boundaries(lane: Segmentation) -> list[tuple[int, int | None, int | None]]:
    """Frame and the classes on both sides."""
    pairs = zip(lane.segments, lane.segments[1:], strict=False)
    return [(b.start, a.class_id, b.class_id) for a, b in pairs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    choices = parser.parse_args()
    out_of_fold.SEEDS = choices.seeds
    out_of_fold.train_folds(choices.data, choices.out)
    rows = []
    for video in out_of_fold.videos_of(choices.out, 0):
        runs = [(s.start, s.stop, s.class_id or 0) for s in video.pre_label.segments]
        n_shared, n = Prelabel("m", tuple(runs), frozenset()).shared_with(
            video.truth.segmentation
        )
        print(f"{video.name}: {n_shared} of {n}, {100 * n_shared / n:.0f} %")
        model = set(boundaries(video.pre_label))
        rows.append([b in model for b in boundaries(video.truth.segmentation)])
    for n in (2, 3, 4, 5, 6, 8, 10, 15, 20, 27, 40):
        counts = np.concatenate(
            [np.convolve(row, np.ones(n, int), "valid") for row in rows]
        )
        told = np.mean([is_prelabel(int(count), n) for count in counts])
        print(f"{n} in a row: {1000 * told:.1f} in 1,000 of {len(counts):,}")


if __name__ == "__main__":
    main()
