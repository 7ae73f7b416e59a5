"""Base class of the segmentation networks, their output, plan and descriptor.

To add a network, write a subclass of `Network`, put its `NetworkKind` into
`learning.models.NETWORKS`, and write a preset that names it: nothing else knows the
networks one by one.
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
    """Output of a network for a batch: logits, and what else it predicts.

    Parameters
    ----------
    logits : Tensor (S, B, C, T)
        Of all stages.
    risk : Tensor (B, T), optional
        REBA scores, of a network that predicts them.
    pose : Tensor (B, P, T), optional
        Posture that an encoder read from heatmaps.
    """

    logits: Tensor
    risk: Tensor | None = None
    pose: Tensor | None = None


class Network(nn.Module):
    """A segmentation network: one input (B, D, T) per modality, logits (S, B, C, T).

    Subclasses define ``forward(*inputs, mask=None)``, the mask (B, 1, T) being 1 at
    frames of the video and 0 at padding. Logits at padding are undefined.

    Parameters
    ----------
    n_classes : int
        Number of classes.
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes

    def first_layer(self, index: int, inputs: Tensor) -> Tensor:
        """Apply the layers that see every frame alone; by default there are none.

        A long video goes through these in parts, and only the result is kept in memory.

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
    """Arguments of a new network: everything but its random start.

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
    """Descriptor of a network that a configuration can name.

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
    """

    name: str
    build: Callable[[NetworkPlan], Network]
    inputs: tuple[tuple[Modality, ...], ...] = ()
    on_graph: bool = False
    fuses: bool = False

    def check_inputs(self, modalities: tuple[Modality, ...]) -> None:
        """Raise a ConfigError for modalities that the network does not take."""
        if self.inputs and modalities not in self.inputs:
            allowed = " or ".join(f"[{', '.join(inputs)}]" for inputs in self.inputs)
            raise ConfigError(
                "The network {} needs the modalities {}, not {}.",
                self.name,
                allowed,
                list(modalities),
            )
