"""Fusion MS-TCN++ (Hyder et al.): a branch per modality, joined at every stage.

At every stage the features of the branches are concatenated, a 1x1 convolution brings
them back to the width of one, the stage predicts from that, and the softmax of the
prediction goes to the next stage of every branch.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from skelseg_core.errors import ModelError
from skelseg_core.learning.models.convolutions import Conv1x1
from skelseg_core.learning.models.ms_tcn import (
    MSTCNPlusPlus,
    Trunks,
    n_distinct,
    place_of,
)


class FusionMSTCNPlusPlus(nn.Module):
    """MS-TCN++ branches fused at every stage.

    Parameters
    ----------
    in_dims : Mapping[str, int]
        Dimension of the input features by modality; the order is that of the branches.
    n_classes : int
        Number of classes.
    n_features, n_prediction_layers, n_refinement_layers, n_refinement_stages : int
        As in `MSTCNPlusPlus`.
    share_refinement : bool
        One set of weights for all refinement stages, fusion and heads included.
    dropout : float
        Rate within every layer.
    """

    def __init__(
        self,
        in_dims: Mapping[str, int],
        n_classes: int,
        n_features: int = 64,
        n_prediction_layers: int = 11,
        n_refinement_layers: int = 10,
        n_refinement_stages: int = 3,
        share_refinement: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.in_dims = dict(in_dims)
        self.n_classes = n_classes
        self.n_stages = 1 + n_refinement_stages
        self.share_refinement = share_refinement
        self.branches = nn.ModuleDict(
            {
                modality: Trunks(
                    in_dim,
                    n_classes,
                    n_features,
                    n_prediction_layers,
                    n_refinement_layers,
                    n_refinement_stages,
                    share_refinement,
                    dropout,
                )
                for modality, in_dim in in_dims.items()
            }
        )
        n_places = 1 + n_distinct(n_refinement_stages, share_refinement)
        self.fusions = nn.ModuleList(
            Conv1x1(len(in_dims) * n_features, n_features) for _ in range(n_places)
        )
        self.heads = nn.ModuleList(
            Conv1x1(n_features, n_classes) for _ in range(n_places)
        )

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        mask: Tensor | None = None,
        entered: bool = False,
    ) -> Tensor:
        """Logits of all stages.

        Parameters
        ----------
        inputs : Mapping[str, Tensor (B, D, T)]
            Features by modality.
        mask : Tensor (B, 1, T), optional
            1 at frames of the video, 0 at padding.
        entered : bool
            Whether ``inputs`` have gone through the first convolutions already.

        Returns
        -------
        Tensor (S, B, C, T)
            What stands at padding means nothing.
        """
        current = dict(inputs)
        stages: list[Tensor] = []
        for stage in range(self.n_stages):
            place = place_of(stage, self.share_refinement)
            features = [
                trunks(stage, current[modality], mask, entered)
                for modality, trunks in self.branches.items()
            ]
            fused = self.fusions[place](torch.cat(features, dim=1))
            logits = self.heads[place](fused)
            stages.append(logits)
            current = dict.fromkeys(current, torch.softmax(logits, dim=1))
        return torch.stack(stages)

    def trunks_of(self, modality: str) -> Trunks:
        """The branch of a modality."""
        trunks = self.branches[modality]
        assert isinstance(trunks, Trunks)
        return trunks

    def load_branches(
        self, branches: Mapping[str, MSTCNPlusPlus], average_heads: bool = True
    ) -> None:
        """Take over the trunks of trained single-modality networks.

        Parameters
        ----------
        branches : Mapping[str, MSTCNPlusPlus]
            One for every modality, of the same depth and width.
        average_heads : bool
            Set fusions and heads so that every stage first predicts the mean of what
            the branches' heads predict from the same features. The paper leaves this
            start open; without it the fusions start at random, and the trained
            refinement stages see noise first. With more classes than feature maps
            this cannot be expressed and the random start stays.

        Raises
        ------
        ModelError
            Where a branch is missing or of another shape.
        """
        for modality, trunks in self.branches.items():
            if modality not in branches:
                raise ModelError(f"There is no trained branch for '{modality}'.")
            try:
                trunks.load_state_dict(branches[modality].trunks.state_dict())
            except RuntimeError as error:
                raise ModelError(
                    f"The trained {modality} branch has another shape than the fusion "
                    "network; train it with the same settings."
                ) from error
        if average_heads:
            ordered = [branches[modality] for modality in self.branches]
            for place in range(len(self.heads)):
                self._average(place, [b.heads[place] for b in ordered])

    @torch.no_grad()
    def _average(self, place: int, branch_heads: list[nn.Module]) -> None:
        head, fusion = self.heads[place], self.fusions[place]
        assert isinstance(head, nn.Conv1d)
        assert isinstance(fusion, nn.Conv1d)
        if self.n_classes > head.in_channels:
            return
        weights = [h.get_parameter("weight")[:, :, 0] for h in branch_heads]
        biases: list[Tensor] = [h.get_parameter("bias") for h in branch_heads]
        # With orthonormal rows H of the head, H (H^T W) = W.
        nn.init.orthogonal_(head.weight[:, :, 0])
        rows = head.weight[:, :, 0]
        fusion.weight[:, :, 0] = rows.T @ torch.cat(weights, dim=1) / len(weights)
        assert fusion.bias is not None
        assert head.bias is not None
        fusion.bias.zero_()
        head.bias.copy_(torch.stack(biases).mean(dim=0))
