"""MS-TCN++ (Li et al. 2020): one prediction stage, then refinement stages.

Every stage is a trunk (features) and a head (a 1x1 convolution to classes), kept
apart so that the fusion network can join the features of two networks in between.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from skelseg_core.errors import ModelError
from skelseg_core.learning.models.convolutions import Conv1x1
from skelseg_core.learning.models.layers import PredictionTrunk, RefinementTrunk


class Trunks(nn.Module):
    """The stages of MS-TCN++ without their heads.

    Parameters
    ----------
    in_dim, n_classes : int
        Dimension of the input features; number of classes.
    n_features, n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        Maps of every layer; depth of the stages; number of refinement stages.
    share_refinement : bool
        One set of weights for all refinement stages.
    dropout : float
        Rate within every layer.
    """

    def __init__(
        self,
        in_dim: int,
        n_classes: int,
        n_features: int,
        n_prediction_layers: int,
        n_refinement_layers: int,
        n_refinement_stages: int,
        share_refinement: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.prediction = PredictionTrunk(
            in_dim, n_features, n_prediction_layers, dropout
        )
        self.refinements = nn.ModuleList(
            RefinementTrunk(n_classes, n_features, n_refinement_layers, dropout)
            for _ in range(n_distinct(n_refinement_stages, share_refinement))
        )
        self.share_refinement = share_refinement

    def forward(
        self,
        stage: int,
        inputs: Tensor,
        mask: Tensor | None = None,
        entered: bool = False,
    ) -> Tensor:
        """Features (B, F, T) of ``stage``, 0 being the prediction stage."""
        if stage == 0:
            features: Tensor = self.prediction(inputs, mask, entered)
        else:
            place = place_of(stage, self.share_refinement) - 1
            features = self.refinements[place](inputs, mask)
        return features


def n_distinct(n_refinement_stages: int, share_refinement: bool) -> int:
    """How many sets of weights ``n_refinement_stages`` stages need."""
    return min(1, n_refinement_stages) if share_refinement else n_refinement_stages


def place_of(stage: int, share_refinement: bool) -> int:
    """Index of the weights of ``stage``."""
    return min(stage, 1) if share_refinement else stage


class MSTCNPlusPlus(nn.Module):
    """MS-TCN++ as published, with a mask for padded batches.

    Parameters
    ----------
    in_dim : int
        Dimension of the input features.
    n_classes : int
        Number of classes.
    n_features : int
        Maps of every layer.
    n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        Depth of the prediction stage, of a refinement stage, and number of these.
    share_refinement : bool
        One set of weights for all refinement stages. The papers say both; their
        parameter counts are those of separate weights, the default.
    dropout : float
        Rate within every layer.
    """

    def __init__(
        self,
        in_dim: int,
        n_classes: int,
        n_features: int = 64,
        n_prediction_layers: int = 11,
        n_refinement_layers: int = 10,
        n_refinement_stages: int = 3,
        share_refinement: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.in_dim = in_dim
        self.n_classes = n_classes
        self.n_stages = 1 + n_refinement_stages
        self.share_refinement = share_refinement
        self.trunks = Trunks(
            in_dim,
            n_classes,
            n_features,
            n_prediction_layers,
            n_refinement_layers,
            n_refinement_stages,
            share_refinement,
            dropout,
        )
        self.heads = nn.ModuleList(
            Conv1x1(n_features, n_classes)
            for _ in range(1 + n_distinct(n_refinement_stages, share_refinement))
        )

    def forward(
        self, inputs: Tensor, mask: Tensor | None = None, entered: bool = False
    ) -> Tensor:
        """Logits of all stages.

        Parameters
        ----------
        inputs : Tensor (B, D, T)
            Features, time last.
        mask : Tensor (B, 1, T), optional
            1 at frames of the video, 0 at padding.
        entered : bool
            Whether ``inputs`` have gone through the first convolution already.

        Returns
        -------
        Tensor (S, B, C, T)
            Stage 0 is the prediction stage; what stands at padding means nothing.
        """
        stages: list[Tensor] = []
        for stage in range(self.n_stages):
            features = self.trunks(stage, inputs, mask, entered)
            logits = self.heads[place_of(stage, self.share_refinement)](features)
            stages.append(logits)
            inputs = torch.softmax(logits, dim=1)
        return torch.stack(stages)


def load_reference_state(
    model: MSTCNPlusPlus, state: Mapping[str, np.ndarray | Tensor]
) -> None:
    """Load weights named as the published implementation names them.

    Parameters
    ----------
    model : MSTCNPlusPlus
        Changed in place.
    state : Mapping[str, ndarray or Tensor]
        ``PG.conv_1x1_in.weight``, ``Rs.0.layers.0.conv_dilated.weight`` and so on.

    Raises
    ------
    ModelError
        Where a name is missing or unknown, a shape differs, or refinement stages that
        the model shares have weights of their own; the model is unchanged then.
    """
    arrays: dict[str, Tensor] = {}
    for name, value in state.items():
        own = _own_name(name, model.share_refinement)
        tensor = torch.as_tensor(value)
        if own in arrays and not torch.equal(arrays[own], tensor):
            raise ModelError(
                f"The weights '{name}' differ from those of the first refinement "
                "stage; build the model with share_refinement=False."
            )
        arrays[own] = tensor
    check_arrays(arrays, dict(model.state_dict()), "The published weights")
    model.load_state_dict(arrays)


def _own_name(name: str, share_refinement: bool) -> str:
    head, _, rest = name.partition(".")
    if head == "PG":
        stage, own = 0, f"trunks.prediction.{rest}"
    elif head == "Rs" and rest.partition(".")[0].isdecimal():
        number, _, rest = rest.partition(".")
        stage = place_of(int(number) + 1, share_refinement)
        own = f"trunks.refinements.{stage - 1}.{rest}"
    else:
        raise ModelError(f"'{name}' is no weight of the published MS-TCN++.")
    if rest.startswith("conv_out."):
        return f"heads.{stage}.{rest.removeprefix('conv_out.')}"
    return own


def check_arrays(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], what: str
) -> None:
    """Refuse weights that lack an array, hold another one, or differ in shape.

    Raises
    ------
    ModelError
        Names the first array that does not fit.
    """
    for name in wanted:
        if name not in found:
            raise ModelError(
                f"{what}: the array '{name}' is missing; the file is damaged or "
                "belongs to a network of another shape."
            )
    for name, array in found.items():
        if name not in wanted:
            raise ModelError(
                f"{what}: the array '{name}' is unknown; the weights belong to a "
                "network of another shape."
            )
        if array.shape != wanted[name].shape:
            raise ModelError(
                f"{what}: the array '{name}' has the shape {tuple(array.shape)} "
                f"instead of {tuple(wanted[name].shape)}; the weights belong to a "
                "network of another shape."
            )
