"""What every segmentation network has in common, and what its file says about it.

To add a network, write a file in this folder with a subclass of `Network` and a
`NetworkKind` in its tuple ``NETWORKS``, and a preset that names it: nothing else knows
the networks one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from skelseg_core.config import Modality, ModelConfig
from skelseg_core.errors import ConfigError
from skelseg_core.poses.skeleton import Skeleton


@dataclass(frozen=True)
class ModelOutput:
    """What a network says of a batch.

    Parameters
    ----------
    logits : Tensor (S, B, C, T)
        Of all stages.
    risk : Tensor (B, T), optional
        REBA scores, of a network that tells them.
    pose : Tensor (B, P, T), optional
        The posture as an encoder reads it off heatmaps.
    """

    logits: Tensor
    risk: Tensor | None = None
    pose: Tensor | None = None


class Network(nn.Module):
    """A segmentation network: one input (B, D, T) per modality, logits (S, B, C, T).

    Subclasses define ``forward(*inputs, mask=None)``, the mask (B, 1, T) being 1 at
    frames of the video and 0 at padding. What stands at padding in the logits means
    nothing.

    Parameters
    ----------
    n_classes : int
        Number of classes.
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes

    def first_layer(self, index: int, inputs: Tensor) -> Tensor:
        """Apply what sees every frame of an input alone; by default nothing.

        A long video goes through it in parts, and only the result is kept in memory.

        Parameters
        ----------
        index : int
            Place of the input among the inputs.
        inputs : Tensor (B, D, T)
        """
        return inputs

    def after_first_layer(
        self, features: Sequence[Tensor], mask: Tensor | None = None
    ) -> ModelOutput:
        """Apply all other layers to what `first_layer` made of every input."""
        return ModelOutput(self(*features, mask=mask))

    def load_branches(self, branches: Mapping[str, Network]) -> None:
        """Start from trained networks of one modality each; by default from none."""


@dataclass(frozen=True)
class NetworkPlan:
    """All that a new network follows from, but its random start.

    Parameters
    ----------
    config : ModelConfig
    in_dims : Mapping[str, int]
        Dimension of the inputs by modality, in the order of the configuration.
    n_classes : int
    skeleton : Skeleton, optional
        Of the keypoints.
    """

    config: ModelConfig
    in_dims: Mapping[str, int]
    n_classes: int
    skeleton: Skeleton | None = None


@dataclass(frozen=True)
class NetworkKind:
    """A network as a configuration can name it.

    Parameters
    ----------
    name : str
        Value of ``network`` in a preset.
    build : callable
        Makes the network, with new weights, of a `NetworkPlan`.
    inputs : tuple of tuple of Modality
        The modalities that it takes together; empty for any.
    on_graph : bool
        Whether it needs numbers per keypoint and the edges of the skeleton.
    fuses : bool
        Whether several modalities are first trained as a network each.
    tells_risk : bool
        Whether it is also trained on REBA scores.
    """

    name: str
    build: Callable[[NetworkPlan], Network]
    inputs: tuple[tuple[Modality, ...], ...] = ()
    on_graph: bool = False
    fuses: bool = False
    tells_risk: bool = False

    def check_inputs(self, modalities: tuple[Modality, ...]) -> None:
        """Raise a ConfigError for modalities that the network does not take."""
        if self.inputs and modalities not in self.inputs:
            allowed = " or ".join(f"[{', '.join(inputs)}]" for inputs in self.inputs)
            raise ConfigError(
                "The network {} takes the modalities {}, not {}.",
                self.name,
                allowed,
                list(modalities),
            )
