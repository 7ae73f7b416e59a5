"""The peers' networks on the graph of the skeleton, as a configuration names them."""

from __future__ import annotations

from collections.abc import Mapping

from skelseg_core.config import ModelConfig
from skelseg_core.errors import ModelError
from skelseg_core.learning.models.graph import body_parts
from skelseg_core.learning.models.ms_gcn import MSGCN
from skelseg_core.learning.models.reba import GCNEncoderDecoder
from skelseg_core.learning.models.st_pgn import STPGN
from skelseg_core.poses.skeleton import Skeleton

Peer = MSGCN | GCNEncoderDecoder | STPGN


def build_peer(
    config: ModelConfig,
    in_dims: Mapping[str, int],
    n_classes: int,
    skeleton: Skeleton | None,
) -> Peer:
    """Build MS-GCN, STL, MTL or ST-PGN with new weights.

    Parameters
    ----------
    config : ModelConfig
        ``network`` says which; widths and depths that a network does not have do not
        count.
    in_dims : Mapping[str, int]
        Dimension of the features by modality, keypoints first.
    n_classes : int
    skeleton : Skeleton
        Whose edges are the graph.

    Raises
    ------
    ModelError
        Where there is no skeleton, or the features are not its keypoints'.
    """
    dim = next(iter(in_dims.values()))
    if skeleton is None:
        raise ModelError(f"The network {config.network} needs a skeleton; name one.")
    n_keypoints = len(skeleton)
    n_channels, rest = divmod(dim, n_keypoints)
    if rest:
        raise ModelError(
            f"{dim} numbers a frame are no whole number for each of the {n_keypoints} "
            f"keypoints of {skeleton.name}; set keypoints to graph."
        )
    shape = (n_keypoints, n_channels, skeleton.edges)
    if config.network == "ms-gcn":
        return MSGCN(
            *shape,
            n_classes,
            config.n_features,
            config.n_prediction_layers,
            config.n_refinement_layers,
            config.n_refinement_stages,
            config.dropout,
        )
    if config.network == "st-pgn":
        return STPGN(
            *shape,
            body_parts(skeleton.keypoints),
            n_classes,
            in_dims.get("rgb", 0),
            config.n_features,
            dropout=config.dropout,
        )
    risky = config.network == "mtl"
    return GCNEncoderDecoder(*shape, n_classes, dropout=config.dropout, with_risk=risky)
