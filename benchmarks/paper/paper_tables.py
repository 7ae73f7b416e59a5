"""Tables of the paper: their rows, and the preset of each row.

A row is a preset and nothing else; those of the ablations change one setting of such a
preset.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from skelseg_core.config import HeatmapKind, HeatmapView, Preset, load_preset

PRESETS = Path(__file__).parent / "presets"


def row_preset(name: str) -> Preset:
    """Load a preset of ours, or one that a row of the tables alone has."""
    path = PRESETS / f"{name}.yaml"
    return load_preset(str(path) if path.is_file() else name)


@dataclass(frozen=True)
class BenchmarkRow:
    """A row of a table.

    Parameters
    ----------
    id, title, inputs : str
        Short name, name in print, what the network sees.
    preset : Preset
        How it is trained.
    table : str
        Id of the table that the row is in.
    robust : bool
        Whether it is also scored on poses with missing limbs.
    note : str
        Footnote.
    """

    id: str
    title: str
    inputs: str
    preset: Preset
    table: str = "main"
    robust: bool = False
    note: str = ""


def main_rows() -> list[BenchmarkRow]:
    """List the main comparison: the paper's methods, its rivals, control and ours."""
    texts = (
        ("coordinates", "MS-TCN++", "2D coordinates", True),
        ("ms-gcn", "MS-GCN", "3D keypoints", True),
        ("ms-gcn-2d", "MS-GCN", "2D keypoints", True),
        ("stl", "STL", "3D keypoints", True),
        ("mtl", "MTL", "3D keypoints", False),
        ("st-pgn", "ST-PGN", "3D keypoints", False),
        ("st-pgn-rgb", "ST-PGN", "2D keypoints + RGB", False),
        ("rgb-paper", "MS-TCN++", "RGB", False),
        (
            "heatmap-paper",
            "Heatmap MS-TCN++ (paper)",
            "2D heatmaps, frozen network",
            True,
        ),
        (
            "heatmap-frozen",
            "Heatmap MS-TCN++ (smaller)",
            "2D heatmaps, frozen network",
            True,
        ),
        ("fusion-paper", "Fusion MS-TCN++", "2D heatmaps + RGB", False),
        ("heatmap", "Heatmaps end to end (ours)", "2D heatmaps", True),
        ("keypoints", "Keypoints (ours)", "2D keypoints", True),
        ("hands", "Keypoints and hands (ours)", "2D keypoints + RGB", False),
        (
            "keypoints-heatmap",
            "Keypoints and heatmaps (ours)",
            "2D keypoints + heatmaps",
            True,
        ),
    )
    return [
        BenchmarkRow(id_, title, inputs, row_preset(id_), robust=robust)
        for id_, title, inputs, robust in texts
    ]


def limb_rows() -> list[BenchmarkRow]:
    """List keypoints trained with a limb that is never seen, and with all limbs."""
    preset = row_preset("keypoints")
    augment = replace(preset.train.augment, lose=0.0)
    whole = replace(preset, train=replace(preset.train, augment=augment))
    inputs = "2D keypoints"
    return [
        BenchmarkRow(
            "limbs-lost", "Keypoints (ours), some limbs lost", inputs, preset, "limbs"
        ),
        BenchmarkRow(
            "limbs-seen",
            "Keypoints (ours), all limbs seen",
            inputs,
            whole,
            "limbs",
            True,
        ),
    ]


def heatmap_rows() -> list[BenchmarkRow]:
    """List joint, limb and both heatmaps, under a frozen and a trained network."""
    rows = []
    kinds: tuple[tuple[HeatmapKind, str], ...] = (
        ("joint", "joint"),
        ("limb", "limb"),
        ("combined", "joint + limb"),
    )
    for base, how in (("heatmap-frozen", "frozen network"), ("heatmap", "end to end")):
        for kind, what in kinds:
            preset = row_preset(base)
            drawn = replace(preset.heatmap, kind=kind)
            rows.append(
                BenchmarkRow(
                    f"{base}-{kind}",
                    what,
                    how,
                    replace(preset, heatmap=drawn),
                    "heatmaps",
                )
            )
    return rows


def gap_rows() -> list[BenchmarkRow]:
    """List the steps from heatmaps to keypoints, one thing added after the other."""
    preset = row_preset("heatmap")
    kinds: tuple[tuple[str, str, HeatmapView, bool], ...] = (
        ("scene", "the subject in the scene, as in the paper", "video", False),
        ("body", "a square that follows the body", "subject", False),
        ("both", "both", "both", False),
        ("posture", "both, and the posture is read", "both", True),
    )
    rows = [
        BenchmarkRow(
            f"gap-{id_}",
            title,
            "2D heatmaps",
            replace(
                preset,
                heatmap=replace(preset.heatmap, view=view),
                model=replace(preset.model, read_pose=read),
            ),
            "gap",
        )
        for id_, title, view, read in kinds
    ]
    keypoints = row_preset("keypoints")
    return [
        *rows,
        BenchmarkRow("gap-none", "no heatmaps", "2D keypoints", keypoints, "gap"),
    ]


def recipe_rows() -> list[BenchmarkRow]:
    """List the rivals trained by our recipe, so that network and recipe are apart."""
    ours = row_preset("keypoints").train
    return [
        replace(
            row,
            id=f"{row.id}-recipe",
            preset=replace(row.preset, train=ours),
            table="recipe",
            robust=False,
        )
        for row in main_rows()
        if row.id in ("ms-gcn", "ms-gcn-2d", "stl", "mtl", "st-pgn")
    ]


def backbone_rows() -> list[BenchmarkRow]:
    """List the frozen networks over heatmaps."""
    rows = []
    for name, title in (
        ("efficientnet-lite0", "EfficientNet-Lite0"),
        ("resnet18", "ResNet-18"),
        ("resnet50", "ResNet-50"),
        ("vgg16", "VGG-16"),
    ):
        preset = row_preset("heatmap-frozen")
        features = replace(preset.features, backbone=name)
        rows.append(
            BenchmarkRow(
                f"backbone-{name}",
                title,
                "2D heatmaps",
                replace(preset, features=features),
                "backbones",
            )
        )
    return rows


def all_rows() -> list[BenchmarkRow]:
    """List every row of every table."""
    return [
        *(*main_rows(), *recipe_rows(), *limb_rows(), *heatmap_rows(), *gap_rows()),
        *backbone_rows(),
    ]
