"""Residual networks of torchvision as ONNX files, for the faster ONNX Runtime."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from skelseg_core.features import onnx_file

if TYPE_CHECKING:
    import torch
    from torch import fx


def fused(network: torch.nn.Module) -> fx.GraphModule:
    """Fold the normalisations of a network into its convolutions."""
    import torch
    from torch import fx
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    traced = fx.symbolic_trace(network)
    for step in list(traced.graph.nodes):
        layer = _layer(traced, step)
        if not isinstance(layer, torch.nn.BatchNorm2d):
            continue
        (before,) = step.all_input_nodes
        convolution = _layer(traced, before)
        if isinstance(convolution, torch.nn.Conv2d) and len(before.users) == 1:
            both = fuse_conv_bn_eval(convolution, layer)
            traced.add_submodule(str(before.target), both)
            step.replace_all_uses_with(before)
            traced.graph.erase_node(step)
    traced.delete_all_unused_submodules()
    traced.recompile()
    return traced


def exported(network: fx.GraphModule, grey: np.ndarray | None = None) -> bytes:
    """Encode a fused network as an ONNX file.

    Parameters
    ----------
    network : GraphModule
        Of convolutions, rectifiers, maximum and global average pools, additions,
        flattenings and linear layers; from one picture (N, C, H, W) to (N, D).
    grey : ndarray (2, C), optional
        Makes a network of grey pictures (N, 1, H, W): channel c is ``grey[0, c]`` times
        the picture plus ``grey[1, c]``.

    Returns
    -------
    bytes
        Input ``image``, output ``features``.

    Raises
    ------
    ValueError
        Where the network has a layer of another kind.
    """
    nodes: list[bytes] = []
    tensors: list[bytes] = []
    names: dict[fx.Node, str] = {}
    channels = 0
    for step in network.graph.nodes:
        inputs = [names[i] for i in step.all_input_nodes]
        names[step] = str(step.name)
        if step.op == "placeholder":
            names[step] = "image"
        elif step.op == "output":
            nodes.append(onnx_file.node("Identity", inputs, "features"))
        else:
            kind, weights, attributes = _operation(_layer(network, step))
            if not channels:
                channels = weights["weight"].shape[1]
                if grey is not None:
                    nodes += _grey_nodes()
                    tensors.append(onnx_file.tensor("one", np.ones(())))
                    inputs, channels = ["pair"], 1
                    weights["weight"] = np.einsum(
                        "pc,ocyx->opyx", grey, weights["weight"]
                    )
            parts = {f"{step.name}.{part}": w for part, w in weights.items()}
            tensors += [onnx_file.tensor(name, w) for name, w in parts.items()]
            nodes.append(
                onnx_file.node(kind, [*inputs, *parts], step.name, **attributes)
            )
    image = ("n", channels, "h", "w")
    return onnx_file.model(nodes, tensors, {"image": image}, {"features": ("n", "d")})


def _grey_nodes() -> list[bytes]:
    """Make nodes whose output ``pair`` is the picture and a channel of ones.

    The ones are there since a convolution pads with zeros: what is added to a channel
    is not added around it.
    """
    return [
        onnx_file.node("Sub", ["image", "image"], "zeros"),
        onnx_file.node("Add", ["zeros", "one"], "ones"),
        onnx_file.node("Concat", ["image", "ones"], "pair", axis=1),
    ]


def _layer(network: fx.GraphModule, step: fx.Node) -> Any:
    if step.op == "call_module":
        return network.get_submodule(str(step.target))
    return step.target


def _operation(layer: Any) -> tuple[str, dict[str, np.ndarray], dict[str, Any]]:
    """Find the kind, the weights in the order of inputs, and attributes of a layer."""
    import torch

    if isinstance(layer, torch.nn.Conv2d):
        return (
            "Conv",
            _weights(layer),
            {
                "strides": layer.stride,
                "pads": (*layer.padding, *layer.padding),
                "dilations": layer.dilation,
                "group": layer.groups,
            },
        )
    if isinstance(layer, torch.nn.Linear):
        return "Gemm", _weights(layer), {"transB": 1}
    if isinstance(layer, torch.nn.MaxPool2d):
        around = _pair(layer.padding)
        sizes = {"kernel_shape": _pair(layer.kernel_size), "pads": around + around}
        return "MaxPool", {}, sizes | {"strides": _pair(layer.stride)}
    if isinstance(layer, torch.nn.AdaptiveAvgPool2d) and layer.output_size == (1, 1):
        return "GlobalAveragePool", {}, {}
    if isinstance(layer, torch.nn.ReLU):
        return "Relu", {}, {}
    if isinstance(layer, torch.nn.Identity):
        return "Identity", {}, {}
    if layer in (operator.add, operator.iadd):
        return "Add", {}, {}
    if layer is torch.flatten or isinstance(layer, torch.nn.Flatten):
        return "Flatten", {}, {"axis": 1}
    raise ValueError(f"{layer} has no counterpart in ONNX files")


def _weights(layer: torch.nn.Conv2d | torch.nn.Linear) -> dict[str, np.ndarray]:
    found = {"weight": layer.weight.numpy(force=True)}
    if layer.bias is not None:
        found["bias"] = layer.bias.numpy(force=True)
    return found


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size
