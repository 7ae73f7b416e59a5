from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.bundled import resource
from skelseg_core.errors import FormatError
from skelseg_core.features.onnx_export import exported, fused
from skelseg_core.features.onnx_file import (
    decode,
    encode,
    model,
    node,
    tensor,
    with_grey_input,
)

values = st.integers(0, 2**64 - 1) | st.binary(max_size=300)


def bundled() -> bytes:
    return resource("models/efficientnet-lite0-features.onnx").read_bytes()


@given(st.lists(st.tuples(st.integers(1, 5000), values)))
def test_fields_come_back(fields: list) -> None:
    assert decode(encode(fields)) == fields


@given(st.lists(st.tuples(st.integers(1, 5000), values), min_size=1))
def test_a_message_that_is_cut_off_is_told(fields: list) -> None:
    start = len(encode(fields[:-1]))
    for stop in range(start + 1, len(encode(fields))):
        with pytest.raises(FormatError, match="cut off"):
            decode(encode(fields)[:stop])


@given(st.binary(max_size=40))
def test_any_bytes_are_a_message_or_told(content: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert sum(len(encode([field])) for field in decode(content)) <= len(content)


def test_the_bundled_file_is_read_as_it_is_written() -> None:
    assert encode(decode(bundled())) == bundled()


def test_a_network_that_begins_otherwise_is_told() -> None:
    two = [node("Conv", ["image", "w"], f"y{i}") for i in range(2)]
    weights = tensor("w", np.ones((1, 3, 1, 1)))
    other = model(two, [weights], {"image": (1, 3)}, {"features": (1, "d")})
    for content in (b"", bundled()[:5000], other):
        with pytest.raises(FormatError):
            with_grey_input(content)


def test_an_exported_network_gives_what_torch_gives(tmp_path: Path) -> None:
    import onnxruntime
    import torch

    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, stride=2, padding=1, groups=1),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(3, stride=2, padding=1),
        torch.nn.Conv2d(8, 8, 3, dilation=2, groups=4, bias=False),
        torch.nn.AdaptiveAvgPool2d((1, 1)),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 5),
    ).eval()
    network[1].running_mean.normal_()
    network[1].running_var.uniform_(0.5, 2)
    network = network.requires_grad_(False)
    plain = fused(network)
    images = torch.randn(2, 3, 21, 30)
    session = onnxruntime.InferenceSession(exported(plain))
    found = session.run(["features"], {"image": images.numpy()})[0]
    np.testing.assert_allclose(found, network(images).numpy(), atol=1e-5)
    # Channel c is grey * gain[c] + offset[c], and zero around the picture as before.
    gain, offset = np.array([1.0, 2.0, -1.0]), np.array([0.5, 0.0, 3.0])
    session = onnxruntime.InferenceSession(exported(plain, np.stack([gain, offset])))
    grey = images[:, :1].numpy()
    found = session.run(["features"], {"image": grey})[0]
    colour = grey * gain[:, None, None] + offset[:, None, None]
    expected = network(torch.from_numpy(colour).float()).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_layers_that_cannot_be_exported_are_told() -> None:
    import torch

    with pytest.raises(ValueError, match="Softmax"):
        exported(fused(torch.nn.Sequential(torch.nn.Softmax(1)).eval()))
