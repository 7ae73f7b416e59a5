"""What training adds to the mean of branches at every stage; people held back judge.

    python -m benchmarks.fusion_trained --out hands --signs FOLDER

starts from branches of `benchmarks.fusion` (trained where they are not in ``--out``),
fused at every stage so that each stage predicts their mean, and tries three things:

- the network is trained on as a whole, and scored again and again;
- the same, while a branch drawn anew for half of the steps is left out;
- a share of each branch at each stage is learnt on people held back: the branches are
  trained without a person, whose labels then teach the shares.

For the stop, each person of the training is held back once, by the first seed: the
epoch at which most of the held-back frames are right, in the mean of the people, is
where the training of all seeds is scored as well. Writes ``trained.csv``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks import hands
from benchmarks.fusion import Branch, People, Trials, fused, logits, trials_of
from skelseg_core.config import Preset, load_preset
from skelseg_core.learning.augment import augmented
from skelseg_core.learning.data import POSE, Sample, labelled_parts
from skelseg_core.learning.models import SegmentationModel
from skelseg_core.learning.models.layers import set_generator
from skelseg_core.learning.models.ms_tcn import MSTCNPlusPlus
from skelseg_core.learning.optimiser import (
    Average,
    build_optimizer,
    rate_share,
    set_rate,
    take_step,
)
from skelseg_core.video.reader import VideoReader

SETS = (("heatmap", "hands"), ("heatmap", "hands", "person"))
EPOCHS, EVERY, RATE = 30, 3, 5e-4
LEFT_OUT = 0.5
"""Of the steps, in the trials that leave a branch out."""
SHARE_STEPS, SHARE_RATE = 60, 0.05


class LeaveOut:
    """Leaves a branch out of all fusions of a network; the others count for it."""

    def __init__(self, model: SegmentationModel, share: float) -> None:
        self.share = share
        self.n_branches = len(model.in_dims)
        self.columns: Tensor | None = None
        fusions = model.network.get_submodule("fusions")
        for fusion in fusions.children():
            fusion.register_forward_pre_hook(self._without)

    def draw(self, generator: torch.Generator) -> None:
        """Choose what the next step is without."""
        self.columns = None
        if float(torch.rand((), generator=generator)) < self.share:
            n = self.n_branches
            gone = int(torch.randint(n, (), generator=generator))
            self.columns = torch.full((n,), n / (n - 1))
            self.columns[gone] = 0

    def _without(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        (features,) = inputs
        if self.columns is None or not module.training:
            return inputs
        width = features.shape[1] // self.n_branches
        return (features * self.columns.repeat_interleave(width)[None, :, None],)


@dataclass(frozen=True)
class Joined:
    """Videos as several branches see them, varied together."""

    samples: Mapping[str, Sample]
    widths: Mapping[str, int]
    preset: Preset

    @classmethod
    def of(cls, trials: Trials, names: Sequence[str]) -> Joined:
        """Put the features of all branches of pictures side by side."""
        each = {n: trials.samples(n) for n in names}
        pictures = [n for n in names if n != "heatmap"]
        widths = {n: _only(next(iter(each[n].values()))).shape[1] for n in pictures}
        samples = {}
        for video, sample in each["heatmap"].items():
            side = [_only(each[n][video]) for n in pictures]
            both = {"heatmap": _only(sample), "rgb": np.concatenate(side, axis=1)}
            samples[video] = replace(sample, features=both)
        return cls(samples, widths, load_preset("heatmap"))

    def apart(self, sample: Sample) -> Sample:
        """Give each branch its own features."""
        ends = np.cumsum([0, *self.widths.values()])
        rgb = sample.features["rgb"]
        columns = zip(self.widths, pairwise(ends), strict=True)
        found = {n: rgb[:, a:b] for n, (a, b) in columns}
        others = {m: f for m, f in sample.features.items() if m != "rgb"}
        return replace(sample, features={**others, **found}, subject=None)

    def varied(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """Vary a video in time and its poses, as `heatmap` is trained."""
        return self.apart(augmented(sample, self.preset, rng))


def _only(sample: Sample) -> np.ndarray:
    (features,) = (f for m, f in sample.features.items() if m != POSE)
    return features


def trained(
    model: SegmentationModel,
    joined: Joined,
    known: Sequence[Sample],
    left_out: float,
    seed: int,
) -> Iterator[tuple[int, SegmentationModel]]:
    """Train a fused network; give it after 0, 3, 6 and so on epochs, averaged."""
    yield 0, model
    settings = replace(joined.preset.train, epochs=EPOCHS, min_steps=0)
    generator = torch.Generator().manual_seed(seed)
    set_generator(model, generator)
    leave_out = LeaveOut(model, left_out)
    optimizer = build_optimizer(model, settings, RATE)
    average = Average(model, settings.averaging)
    parts = [part for sample in known for part in labelled_parts(sample)]
    for epoch in range(EPOCHS):
        order = torch.randperm(len(parts), generator=generator).tolist()
        for place, index in enumerate(order, start=1):
            drawn = int(torch.randint(2**31, (), generator=generator))
            varied = joined.varied(parts[index], np.random.default_rng(drawn))
            rate = rate_share(settings, epoch, EPOCHS, place / len(parts))
            set_rate(optimizer, RATE * rate)
            model.train()
            leave_out.draw(generator)
            take_step(model, [varied], optimizer, settings)
            average.update(model)
        if (epoch + 1) % EVERY == 0:
            now = {k: v.clone() for k, v in model.state_dict().items()}
            model.load_state_dict(average.arrays)
            yield epoch + 1, model.eval()
            model.load_state_dict(now)


def right(model: SegmentationModel, joined: Joined, held: Sequence[Sample]) -> float:
    """Count the labelled frames that are right, in percent."""
    n_right = n_known = 0
    for sample in held:
        known = sample.labels >= 0
        said = logits(model, joined.apart(sample).features).argmax(axis=0)
        n_right += int((said == sample.labels)[known].sum())
        n_known += int(known.sum())
    return 100 * n_right / n_known


@dataclass(frozen=True)
class Frozen:
    """Trained branches, and what their first layers make of videos held back."""

    networks: Sequence[MSTCNPlusPlus]
    videos: Sequence[tuple[Sequence[Tensor], Tensor]]

    @classmethod
    @torch.no_grad()
    def of(
        cls, branches: Mapping[str, Branch], joined: Joined, held: Sequence[Sample]
    ) -> Frozen:
        """Run the first layers."""
        networks = []
        for branch in branches.values():
            assert isinstance(branch.model.network, MSTCNPlusPlus)
            networks.append(branch.model.network.requires_grad_(False))
        videos = []
        for sample in held:
            seen, first = joined.apart(sample).features, []
            for name, branch in branches.items():
                model, values = branch.model, torch.from_numpy(seen[name].T)[None]
                (modality,) = model.in_dims
                for prepared in (model.encoders, model.inputs):
                    if modality in prepared:
                        values = prepared[modality](values.float())
                first.append(model.network.first_layer(0, values.float()))
            videos.append((first, torch.from_numpy(sample.labels)))
        return cls(networks, videos)

    def loss(self, shares: Tensor) -> Tensor:
        """Compute the cross entropy of all stages, given shares (S, N)."""
        losses = []
        for first, labels in self.videos:
            current = list(first)
            for index in self.networks[0].shape.weights_of_stages:
                said = [
                    network.heads[index](network.trunks(index, seen))
                    for network, seen in zip(self.networks, current, strict=True)
                ]
                mean = torch.einsum("n,nbct->bct", shares[index], torch.stack(said))
                losses.append(
                    functional.cross_entropy(mean, labels[None], ignore_index=-1)
                )
                current = [torch.softmax(mean, dim=1)] * len(said)
        return torch.stack(losses).mean()


def learnt_shares(folds: Sequence[Frozen]) -> np.ndarray:
    """Learn shares (S, N) that suit the people held back best."""
    network = folds[0].networks[0]
    wanted = torch.zeros(network.shape.n_distinct, len(folds[0].networks))
    wanted.requires_grad_(True)
    optimizer = torch.optim.Adam([wanted], lr=SHARE_RATE)
    for _ in range(SHARE_STEPS):
        optimizer.zero_grad()
        for fold in folds:
            loss = fold.loss(wanted.softmax(dim=1)) / len(folds)
            loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found: np.ndarray = wanted.detach().softmax(dim=1).numpy()
    return found


def people_of(trials: Trials, source: Path | None) -> list[People]:
    """Tell which frames of the training videos show whom."""
    project = trials.folder.load()
    known = [v for v in project.tracks if v.id not in trials.tested]
    who: dict[str, np.ndarray] = {}
    if trials.folder.root.name == "demo":
        who = {v.id: np.full(v.n_frames, v.id.split("-")[0]) for v in known}
    elif source:
        for seed, video in enumerate(("train-1", "train-2")):
            clips = " ".join(hands.TRAINED).split()
            np.random.default_rng(seed).shuffle(clips)
            second = hands.TRAINED[1].split()
            parts = []
            for clip in clips:
                with VideoReader(source / f"{clip}.mkv") as reader:
                    n_frames = sum(1 for _ in reader.frames())
                parts.append(np.full(n_frames, "second" if clip in second else "first"))
            who[video] = np.concatenate(parts)
    names = sorted({str(name) for frames in who.values() for name in frames})
    return [People(n, {v: f == n for v, f in who.items()}) for n in names]


def rows(
    trials: Trials, names: Sequence[str], people: Sequence[People], seeds: int
) -> Iterator[list[object]]:
    """Try all three with one set of branches."""
    joined, config = Joined.of(trials, names), load_preset("keypoints").model
    known = [s for v, s in joined.samples.items() if v not in trials.tested]
    thirds = [1 / len(names)] * len(names)
    project, what = trials.folder.root.name, "+".join(names)

    def test(model: SegmentationModel) -> list[str]:
        said = {
            v: logits(model, joined.apart(joined.samples[v]).features)
            for v in trials.tested
        }
        scores = trials.scores(said)
        return [f"{scores[m]:.2f}" for m in hands.METRICS]

    folds = [{n: trials.branch(n, 0, one) for n in names} for one in people]
    held = [[one.alone(s) for s in known] for one in people]
    held = [[s for s in each if (s.labels >= 0).any()] for each in held]
    frozen = [
        Frozen.of(branches, joined, each)
        for branches, each in zip(folds, held, strict=True)
    ]
    shares = learnt_shares(frozen)
    told = " / ".join(" ".join(f"{s:.2f}" for s in at) for at in shares)
    for seed in range(seeds):
        branches = {n: trials.branch(n, seed) for n in names}
        figures = test(fused(branches, shares, config))
        how = f"shares learnt: {told}"
        yield [project, seed, what, how, "", "", "test", *figures]
    for left_out in (0.0, LEFT_OUT):
        how = f"trained, a branch left out in {left_out:.0%} of the steps"
        curves = []
        for one, branches, each in zip(people, folds, held, strict=True):
            rest = [one.removed(s) for s in known]
            model, curve = fused(branches, thirds, config), []
            for epoch, now in trained(model, joined, rest, left_out, 0):
                curve.append(right(now, joined, each))
                figures = ["", "", "", f"{curve[-1]:.2f}"]
                yield [project, 0, what, how, epoch, one.name, "held back", *figures]
            curves.append(curve)
        stop = EVERY * int(np.argmax(np.mean(curves, axis=0)))
        for seed in range(seeds):
            branches = {n: trials.branch(n, seed) for n in names}
            model = fused(branches, thirds, config)
            for epoch, now in trained(model, joined, known, left_out, seed):
                of = "test, stopped" if epoch == stop else "test"
                yield [project, seed, what, how, epoch, "", of, *test(now)]


def main() -> None:
    """Try and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("hands"))
    parser.add_argument("--signs", type=Path, help="folder of again.mkv and so on")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with (arguments.out / "trained.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        heading = ["project", "seed", "what", "how", "epochs", "without", "of"]
        writer.writerow([*heading, *hands.METRICS])
        for trials in trials_of(arguments.out, arguments.signs):
            people = people_of(trials, arguments.signs)
            for names in SETS:
                for row in rows(trials, names, people, arguments.seeds):
                    writer.writerow(row)
                    file.flush()
                    print(*row, flush=True)


if __name__ == "__main__":
    main()
