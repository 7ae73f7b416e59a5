"""Several MS-TCN++, a branch per modality: fused at every stage, or their mean.

Fusion MS-TCN++ (Hyder et al.): at every stage the features of the branches are
concatenated, a 1x1 convolution brings them back to the width of one, the stage predicts
from that, and the softmax of the prediction goes to the next stage of every branch.

The mean: every branch refines what it said itself, and their logits are averaged at the
end. A branch that is wrong does not lead the others astray.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from skelseg_core.errors import ModelError
from skelseg_core.learning.models.convolutions import Conv1x1
from skelseg_core.learning.models.ms_tcn import MSTCNPlusPlus, StageShape, Trunks
from skelseg_core.learning.models.network import (
    ModelOutput,
    Network,
    NetworkKind,
    NetworkPlan,
)

MEAN = "mean-ms-tcn++"
"""Name of the network whose branches are averaged."""


class FusionMSTCNPlusPlus(Network):
    """MS-TCN++ branches fused at every stage.

    Parameters
    ----------
    in_dims : Mapping[str, int]
        Dimension of the input features by modality; the order is that of the branches.
    shape : StageShape
        Sizes of the stages of every branch. Refinement stages that share their weights
        share fusions and heads too.
    """

    def __init__(self, in_dims: Mapping[str, int], shape: StageShape) -> None:
        super().__init__(shape.n_classes)
        self.shape = shape
        self.branches = nn.ModuleDict({m: Trunks(d, shape) for m, d in in_dims.items()})
        self.fusions = nn.ModuleList(
            Conv1x1(len(in_dims) * shape.n_features, shape.n_features)
            for _ in range(shape.n_distinct)
        )
        self.heads = shape.heads()

    def forward(self, *inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, D, T) of every branch to logits (S, B, C, T)."""
        features = [self.first_layer(i, x) for i, x in enumerate(inputs)]
        return self.after_first_layer(features, mask).logits

    def first_layer(self, index: int, inputs: Tensor) -> Tensor:
        """Map (B, D, T) of a branch to (B, F, T)."""
        trunks = list(self.branches.values())[index]
        assert isinstance(trunks, Trunks)
        features: Tensor = trunks.prediction.conv_1x1_in(inputs)
        return features

    def after_first_layer(
        self, features: Sequence[Tensor], mask: Tensor | None = None
    ) -> ModelOutput:
        """Run the stages of all branches, each on the probabilities before it."""
        current, stages = list(features), list[Tensor]()
        for index in self.shape.weights_of_stages:
            seen = [
                trunks(index, branch, mask)
                for trunks, branch in zip(self.branches.values(), current, strict=True)
            ]
            logits = self.heads[index](self.fusions[index](torch.cat(seen, dim=1)))
            stages.append(logits)
            current = [torch.softmax(logits, dim=1)] * len(current)
        return ModelOutput(torch.stack(stages))

    def load_branches(self, branches: Mapping[str, Network]) -> None:
        """Take over the trunks of trained single-modality networks.

        Fusions and heads are set so that every stage first predicts the mean of what
        the branches' heads predict from the same features. The paper leaves this start
        open; without it the fusions start at random, and the trained refinement stages
        see noise first. With more classes than feature maps this cannot be expressed
        and the random start stays.

        Parameters
        ----------
        branches : Mapping[str, MSTCNPlusPlus]
            One for every modality, of the same depth and width.

        Raises
        ------
        ModelError
            Where a branch is missing or of another shape.
        """
        heads: list[nn.ModuleList] = []
        for modality, trunks in self.branches.items():
            branch = branches.get(modality)
            if not isinstance(branch, MSTCNPlusPlus):
                raise ModelError("There is no trained branch for '{}'.", modality)
            try:
                trunks.load_state_dict(branch.trunks.state_dict())
            except RuntimeError as error:
                raise ModelError(
                    "The trained {} branch has another shape than the fusion network; "
                    "train it with the same settings.",
                    modality,
                ) from error
            heads.append(branch.heads)
        for index in range(self.shape.n_distinct):
            self._average(index, [of_branch[index] for of_branch in heads])

    @torch.no_grad()
    def _average(self, index: int, branch_heads: list[nn.Module]) -> None:
        head, fusion = self.heads[index], self.fusions[index]
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


class MeanMSTCNPlusPlus(Network):
    """MS-TCN++ branches that know nothing of each other; the mean of their logits.

    Parameters
    ----------
    in_dims : Mapping[str, int]
        Dimension of the input features by modality; the order is that of the branches.
    shape : StageShape
        Sizes of the stages of every branch.
    """

    def __init__(self, in_dims: Mapping[str, int], shape: StageShape) -> None:
        super().__init__(shape.n_classes)
        self.branches = nn.ModuleDict(
            {m: MSTCNPlusPlus(d, shape) for m, d in in_dims.items()}
        )

    def forward(self, *inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map (B, D, T) of every branch to logits (S, B, C, T)."""
        features = [self.first_layer(i, x) for i, x in enumerate(inputs)]
        return self.after_first_layer(features, mask).logits

    def first_layer(self, index: int, inputs: Tensor) -> Tensor:
        """Map (B, D, T) of a branch to (B, F, T)."""
        return self._branches[index].first_layer(0, inputs)

    def after_first_layer(
        self, features: Sequence[Tensor], mask: Tensor | None = None
    ) -> ModelOutput:
        """Run every branch by itself and average what their stages say."""
        said = [
            branch.after_first_layer([x], mask).logits
            for branch, x in zip(self._branches, features, strict=True)
        ]
        return ModelOutput(torch.stack(said).mean(dim=0))

    def load_branches(self, branches: Mapping[str, Network]) -> None:
        """Take over trained single-modality networks, one for every modality."""
        for modality, branch in self.branches.items():
            branch.load_state_dict(branches[modality].state_dict())

    @property
    def _branches(self) -> list[MSTCNPlusPlus]:
        return [b for b in self.branches.values() if isinstance(b, MSTCNPlusPlus)]


def _build(plan: NetworkPlan) -> Network:
    shape = StageShape.of(plan)
    if len(plan.in_dims) == 1:
        return MSTCNPlusPlus(next(iter(plan.in_dims.values())), shape)
    if plan.config.network == MEAN:
        return MeanMSTCNPlusPlus(plan.in_dims, shape)
    return FusionMSTCNPlusPlus(plan.in_dims, shape)


KINDS = (
    NetworkKind("ms-tcn++", _build, fuses=True),
    NetworkKind(MEAN, _build, fuses=True),
)
"""MS-TCN++ for one modality, and a branch of it for each of several."""
