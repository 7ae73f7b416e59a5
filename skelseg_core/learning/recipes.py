"""Recipes: the presets offered for training, with their cost and purpose."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from skelseg_core.config import (
    Preset,
    load_preset,
    paper_names,
    preset_about,
    preset_names,
)

LONG_S = 300.0
"""Seconds of a training from which on one part is held out, not all in turn.

They are those that the size of the work takes on one core (`Recipe.training_s`), never
those that passed: a busy computer must not decide what a figure is of.
"""

MOST_FOLDS = 5
"""Trainings, at most, that measure a model."""

LONG_FOLDS = 3
"""Parts of which one is held out where a training takes long: single people differ."""

MOST_LABELLED = 3
"""Labelled videos up to which unlabelled ones are learnt from as well."""

MOST_UNLABELLED = 20
"""Unlabelled videos that are learnt from, at most."""

PROPOSED = "keypoints"
"""Preset that is proposed by default: poses can always be estimated."""

FROM_PAPER, OURS = "From the paper", "Ours"
"""Headings of the two groups in which recipes are listed."""


@dataclass(frozen=True)
class Recipe:
    """Preset that is offered for training.

    Parameters
    ----------
    name : str
    preset : Preset
    sees : str
        What the network looks at.
    better : str
        When it is the better choice.
    train_s, read_s : float
        Seconds of one core for 1,000 frames: gone through once in training; made
        features of, once and for all.
    """

    name: str
    preset: Preset
    sees: str
    better: str
    train_s: float
    read_s: float

    @property
    def group(self) -> str:
        """Heading that the recipe is listed under."""
        return FROM_PAPER if self.name in paper_names() else OURS

    @property
    def needs_pictures(self) -> bool:
        """True where poses alone are not enough."""
        return "rgb" in self.preset.model.modalities

    @property
    def needs_torch(self) -> bool:
        """True where pre-labelling needs PyTorch, as training always does."""
        from skelseg_core.learning.numpy_network import needs_torch

        return needs_torch(self.preset.model)

    def training_s(self, n_frames: int, n_videos: int) -> float:
        """Estimate the seconds of one core that a training takes.

        Parameters
        ----------
        n_frames, n_videos : int
            Labelled frames, and the videos they are in.
        """
        settings, n_videos = self.preset.train, max(1, n_videos)
        branches = len(self.preset.model.modalities)
        passes = branches * settings.epochs_for(n_videos)
        if branches > 1:
            passes += settings.epochs_for(n_videos, fused=True)
        return passes * n_frames / 1000 * self.train_s

    def seconds(self, n_frames: int, n_videos: int, n_to_read: int = 0) -> float:
        """Estimate the seconds of reading ``n_to_read`` frames and of the training."""
        return self.training_s(n_frames, n_videos) + n_to_read / 1000 * self.read_s


def n_folds_of(n_people: int, long: bool) -> int:
    """Return into how many parts the labels of so many people are cut."""
    return min(LONG_FOLDS if long else MOST_FOLDS, n_people)


def measuring_s(train_s: float, n_videos: int) -> float:
    """Estimate the seconds of measuring what a training of ``train_s`` gave."""
    if n_videos < 2:
        return 0.0
    long = train_s > LONG_S
    n_folds = n_folds_of(n_videos, long)
    trainings = 1 if long else n_folds
    return trainings * (1 - 1 / n_folds) * train_s


def about_s(preset: Preset, n_frames: int, n_videos: int) -> float:
    """Estimate the seconds of a training by any preset; 0 where none was timed."""
    for recipe in recipes():
        of, model = recipe.preset.model, preset.model
        same = (of.network, of.modalities) == (model.network, model.modalities)
        if same and of.heatmap_encoder == model.heatmap_encoder:
            return replace(recipe, preset=preset).training_s(n_frames, n_videos)
    return 0.0


@functools.cache
def recipes() -> tuple[Recipe, ...]:
    """List the bundled recipes: the paper's, then ours with the proposed one first."""
    found = [_recipe(name) for name in preset_names()]
    found.sort(key=_place)
    return tuple(found)


def _place(recipe: Recipe) -> tuple[bool, bool, float]:
    seconds = recipe.training_s(1000, 1)
    return recipe.group == OURS, recipe.name != PROPOSED, seconds


def _recipe(name: str) -> Recipe:
    about = preset_about(name)
    return Recipe(
        name,
        load_preset(name),
        str(about["sees"]),
        str(about["better"]),
        float(about["train_s"]),
        float(about["read_s"]),
    )
