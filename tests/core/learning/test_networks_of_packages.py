"""Networks of other packages: built by name, and tried before they are trained."""

from __future__ import annotations

import pytest

from skelseg_core import plugins
from skelseg_core.config import ModelConfig
from skelseg_core.errors import ConfigError, PluginError
from skelseg_core.learning.models import build_model
from tests.core.conftest import Install

NETWORK = """
import torch
from torch import nn
from skelseg_core import Network, NetworkKind

class Last(Network):
    def __init__(self, plan):
        super().__init__(plan.n_classes)
        self.head = nn.Conv1d(4, {n_classes}, 1)

    def forward(self, inputs, mask=None):
        return {logits}

KIND = NetworkKind("{name}", Last)
"""
GOOD = "self.head(inputs)[None]"


def built(install: Install, name: str, **how: str) -> None:
    values = {"n_classes": "plan.n_classes", "logits": GOOD, "name": name, **how}
    install(f"{name}_package", NETWORK.format(**values), name, plugins.NETWORKS)
    config = ModelConfig(("keypoints",), network=name)
    assert build_model(config, {"keypoints": 4}, 3).training


def test_one_is_built_by_its_name(install: Install) -> None:
    built(install, "good")
    with pytest.raises(ConfigError, match=r"networks are ms-tcn.*, good"):
        build_model(ModelConfig(("rgb",), network="none"), {"rgb": 4}, 3)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"n_classes": "9"}, r"logits of the shape \(1, 1, 9, 1\) for a video of 1 fr"),
        ({"logits": "self.head(inputs)"}, r"logits of the shape \(1, 3, 1\) for a"),
        ({"logits": "self.head(inputs)[None, ..., ::2]"}, r"shape \(1, 1, 3, 25\)"),
        ({"logits": "self.head(inputs[:, :2])"}, r"failed \(RuntimeError: Given gr"),
        ({"logits": "inputs.numpy()"}, "failed|returned"),
    ],
)
def test_logits_of_another_shape_are_refused(
    install: Install, how: dict[str, str], said: str
) -> None:
    name = f"odd{len(said)}"
    whose = rf"The network {name} of the package {name}_package 0\.3 .*"
    with pytest.raises(PluginError, match=f"{whose}({said})"):
        built(install, name, **how)
