from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skelseg_core.bundled import resource
from skelseg_core.config import FeatureConfig, HeatmapConfig, Modality
from skelseg_core.errors import ModelError, VideoError
from skelseg_core.features import backbones
from skelseg_core.features.backbones import (
    EfficientNetLite,
    TorchvisionBackbone,
    backbone_key,
    load_backbone,
)
from skelseg_core.features.extraction import (
    FeatureCache,
    FeatureSource,
    feature_settings_key,
    half_precision,
    heatmap_features,
    heatmap_pixels,
    rgb_features,
    rgb_pixels,
)
from skelseg_core.progress import run
from tests.tasks import driven


@pytest.fixture(scope="module")
def lite() -> EfficientNetLite:
    return EfficientNetLite(threads=1)


@pytest.fixture(scope="module")
def resnet18_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    import torchvision
    from safetensors.torch import save_file

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path


def pictures(n: int, size: int = 64, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, size, size, 3), np.uint8)


class Mean:
    """A backbone whose features can be told by hand."""

    name = "mean"
    dim = 3
    batch = 4

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.shapes.append(batch.shape)
        return np.asarray(batch, np.float32).mean(axis=(1, 2))


# -- networks -----------------------------------------------------------------------


def test_bundled_network_equals_the_one_it_was_made_from(
    shared: Path, lite: EfficientNetLite
) -> None:
    import onnxruntime

    original = onnxruntime.InferenceSession(
        str(shared / "weights" / "efficientnet_lite0.onnx"),
        providers=["CPUExecutionProvider"],
    )
    images = pictures(2, 224)
    x = (images.astype(np.float32).transpose(0, 3, 1, 2) - 127) / 128
    expected = original.run(["features"], {"image": x})[0]
    np.testing.assert_allclose(lite(images), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(56, 56), (112, 112), (90, 131)])
def test_bundled_network_takes_any_size_in_any_batch(
    lite: EfficientNetLite, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    images = rng.uniform(0, 255, (5, *shape, 3)).astype(np.float32)
    features = lite(images)
    assert features.shape == (5, lite.dim)
    assert features.dtype == np.float32
    assert features.std(axis=0).max() > 0.01
    parts = np.concatenate([lite(images[:1]), lite(images[1:4]), lite(images[4:])])
    np.testing.assert_allclose(parts, features, atol=1e-5)
    np.testing.assert_array_equal(lite(images), features)
    assert lite(images[:0]).shape == (0, lite.dim)


def test_grey_pictures_are_seen_as_three_channels_alike(
    lite: EfficientNetLite, resnet18_file: Path
) -> None:
    rng = np.random.default_rng(2)
    grey = rng.uniform(0, 255, (2, 112, 112, 1)).astype(np.float32)
    config = FeatureConfig("resnet18", str(resnet18_file))
    fast = replace(config, precision="fast")
    for backbone in (lite, load_backbone(config, 1), load_backbone(fast, 1)):
        colour = backbone(grey.repeat(3, axis=-1))
        np.testing.assert_allclose(backbone(grey), colour, rtol=1e-4, atol=1e-4)


def test_threads_do_not_change_features(lite: EfficientNetLite) -> None:
    images = pictures(3)
    np.testing.assert_allclose(
        load_backbone(FeatureConfig(), threads=2)(images), lite(images), atol=1e-5
    )


def test_missing_and_damaged_network_are_told(tmp_path: Path) -> None:
    damaged = tmp_path / "cut.onnx"
    bundled = resource("models/efficientnet-lite0-features.onnx").read_bytes()
    damaged.write_bytes(bundled[:5000])
    for path in (damaged, tmp_path / "none.onnx"):
        with pytest.raises(ModelError, match="missing or damaged"):
            EfficientNetLite(1, path)


def test_resnet18_from_a_file_equals_torchvision(resnet18_file: Path) -> None:
    import torch
    import torchvision
    from safetensors.torch import load_file

    config = FeatureConfig("resnet18", str(resnet18_file))
    backbone = load_backbone(config, threads=1)
    images = pictures(4)
    features = backbone(images)
    assert (backbone.name, backbone.dim) == ("resnet18", 512)
    assert features.shape == (4, 512)
    network = torchvision.models.resnet18(weights=None)
    network.load_state_dict(load_file(resnet18_file))
    network.fc = torch.nn.Identity()
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    x = (torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - mean) / deviation
    with torch.inference_mode():
        expected = network.eval()(x).numpy()
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    one_by_one = np.concatenate([backbone(i[None]) for i in images])
    np.testing.assert_allclose(one_by_one, features, rtol=1e-5, atol=1e-5)


def test_weights_with_another_classifier_and_wrapped_pt(
    resnet18_file: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file

    state = load_file(resnet18_file)
    images = pictures(1)
    expected = load_backbone(FeatureConfig("resnet18", str(resnet18_file)), 1)(images)
    state["fc.weight"], state["fc.bias"] = torch.zeros(7, 512), torch.zeros(7)
    path = tmp_path / "mine.pth"
    torch.save({"state_dict": state}, path)
    backbone = load_backbone(FeatureConfig("resnet18", str(path)), 1)
    np.testing.assert_allclose(backbone(images), expected, atol=1e-6)


def test_published_weights_exist_in_torchvision() -> None:
    import torchvision

    for published in backbones.TORCHVISION.values():
        assert torchvision.models.get_weight(published.weights).url


def test_nothing_is_downloaded_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("downloaded")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(ModelError, match="allow the download"):
        load_backbone(FeatureConfig("resnet18"), threads=1)


def test_weights_downloaded_earlier_are_used(
    resnet18_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    import torchvision
    from safetensors.torch import load_file

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    weights = torchvision.models.get_weight("ResNet18_Weights.IMAGENET1K_V1")
    stored = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    stored.parent.mkdir(parents=True)
    torch.save(load_file(resnet18_file), stored)
    backbone = load_backbone(FeatureConfig("resnet18"), threads=1)
    assert isinstance(backbone, TorchvisionBackbone)
    assert backbone(pictures(1)).shape == (1, 512)


def test_a_failed_download_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision

    class Offline:
        url = "https://example.org/resnet18.pth"

        def get_state_dict(self, **_: object) -> None:
            raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torchvision.models, "get_weight", lambda _: Offline())
    with pytest.raises(ModelError, match="could not be downloaded"):
        load_backbone(FeatureConfig("resnet18"), threads=1, allow_download=True)


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("trap"),))  # type: ignore[return-value]


def test_bad_weights_files_are_told_and_run_nothing(
    resnet18_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors.torch import save_file

    monkeypatch.chdir(tmp_path)
    content = resnet18_file.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.pt").write_bytes(b"")
    (tmp_path / "text.pth").write_text("hello")
    torch.save({"a": _Trap()}, tmp_path / "trap.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "weights.bin").write_bytes(content)
    (tmp_path / "folder.pt").mkdir()
    save_file({"conv1.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    cases = {
        "cut.safetensors": "damaged",
        "empty.pt": "damaged",
        "text.pth": "damaged",
        "trap.pt": "more than plain tensors",
        "list.pt": "no weights with names",
        "weights.bin": "must end in",
        "folder.pt": "cannot be read",
        "none.pt": "cannot be read",
        "other.safetensors": "does not have the weights of resnet18",
    }
    for name, text in cases.items():
        config = FeatureConfig("resnet18", str(tmp_path / name))
        with pytest.raises(ModelError, match=text):
            load_backbone(config, threads=1)
    assert not (tmp_path / "trap").exists()
    with pytest.raises(ModelError, match="does not have the weights of vgg16"):
        load_backbone(FeatureConfig("vgg16", str(resnet18_file)), threads=1)


# -- pictures -----------------------------------------------------------------------


@given(st.floats(0, 8), st.floats(0, 8))
def test_heatmap_pixels_keep_order_and_range(a: float, b: float) -> None:
    maps = np.stack([np.full((7, 7), a), np.full((7, 7), b)]).astype(np.float32)
    values = heatmap_pixels(maps, 8)
    assert values.shape == (2, 8, 8, 1)
    assert values.min() >= 0
    assert values.max() < 255
    assert (
        np.sign(values[0, 0, 0, 0] - values[1, 0, 0, 0])
        == np.sign(np.float32(a) - np.float32(b))
        or abs(a - b) < 1e-3
    )


def test_the_whole_frame_is_seen_with_its_sides() -> None:
    frame = np.zeros((360, 640, 3), np.uint8)
    frame[:, :20] = 255
    frame[:, -20:, 0] = 200
    seen = rgb_pixels(frame)
    assert seen.shape == (224, 224, 3)
    assert seen[:, 0].min() == 255
    np.testing.assert_array_equal(seen[100, -1], [200, 0, 0])


def test_the_subject_is_seen_undistorted() -> None:
    frame = np.zeros((300, 400, 3), np.uint8)
    frame[100:200, 150:200] = 255
    seen = rgb_pixels(frame, (150, 100, 200, 200))
    lit = seen[..., 0] > 127
    assert lit.any(axis=1).all()
    assert lit.any(axis=0).mean() == pytest.approx(0.5, abs=0.02)


def test_a_box_beyond_the_frame_is_filled_with_grey() -> None:
    seen = rgb_pixels(np.zeros((300, 400, 3), np.uint8), (-100, 0, 100, 200))
    assert (seen[:, :110] == 127).all()
    assert (seen[:, 114:] == 0).all()


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (np.nan, 0, 1, 1), (900, 900, 990, 990)])
def test_a_box_that_holds_nothing_means_the_whole_frame(box: tuple[float, ...]) -> None:
    frame = pictures(1, 300)[0]
    np.testing.assert_array_equal(rgb_pixels(frame, box), rgb_pixels(frame))


# -- extraction ---------------------------------------------------------------------


def test_heatmap_features_come_in_order_with_progress() -> None:
    maps = np.ones((37, 8, 8), np.float32) * np.arange(37)[:, None, None] / 10
    backbone = Mean()
    seen, features = driven(heatmap_features(maps, backbone, "07"))
    expected = heatmap_pixels(maps).mean(axis=(1, 2)).repeat(3, axis=1)
    np.testing.assert_allclose(features, expected, rtol=1e-6)
    assert features.dtype == np.float32
    assert [p.done for p in seen] == [0, 16, 32, 37]
    assert {(p.step, p.total) for p in seen} == {("heatmap features of 07", 37)}
    assert backbone.shapes[0] == (16, 112, 112, 1)


def test_heatmaps_in_parts_give_the_same_features() -> None:
    maps = np.random.default_rng(0).uniform(0, 4, (37, 8, 8)).astype(np.float32)
    whole = run(heatmap_features(maps, Mean(), "07"))
    parts = (maps[start : start + 20] for start in (0, 20))
    seen, features = driven(heatmap_features(parts, Mean(), "07", n_frames=37))
    np.testing.assert_array_equal(features, whole)
    assert [p.done for p in seen] == [0, 16, 20, 36, 37]
    for n_frames in (36, 38):
        with pytest.raises(ValueError, match=f"{n_frames}"):
            run(heatmap_features([maps], Mean(), "07", n_frames))


def frames(n: int) -> Iterator[tuple[int, np.ndarray]]:
    for i in range(n):
        yield i, np.full((30, 40, 3), i, np.uint8)


def test_several_squares_of_a_frame_stand_side_by_side() -> None:
    def halves() -> Iterator[tuple[int, np.ndarray]]:
        for number, frame in frames(7):
            frame[:, 20:] += 100
            yield number, frame

    boxes = np.tile(np.array([[0.0, 0, 20, 20], [20, 0, 40, 20]]), (7, 1, 1))
    seen, features = driven(rgb_features(halves(), 7, Mean(), "07", boxes))
    left = np.arange(7)[:, None].repeat(3, 1)
    np.testing.assert_allclose(features, np.hstack([left, left + 100]))
    assert [p.done for p in seen] == [0, 2, 4, 6, 7]


def test_a_video_that_ends_early_is_told() -> None:
    with pytest.raises(VideoError, match="9 of 10 frames"):
        run(rgb_features(frames(9), 10, Mean(), "07"))


def test_extraction_can_be_cancelled() -> None:
    backbone, before = Mean(), set(threading.enumerate())
    decoded: list[int] = []

    def decoder() -> Iterator[tuple[int, np.ndarray]]:
        for number, frame in frames(1000):
            decoded.append(number)
            yield number, frame

    task = rgb_features(decoder(), 1000, backbone, "07")
    next(task)
    next(task)
    task.close()
    assert len(backbone.shapes) == 1
    assert not set(threading.enumerate()) - before
    # The batch that was used, and at most two and the one begun ahead of it.
    assert len(decoded) <= 4 * backbone.batch


def test_what_goes_wrong_while_decoding_is_told() -> None:
    def decoder() -> Iterator[tuple[int, np.ndarray]]:
        yield from frames(6)
        raise VideoError("broken at frame 6")

    with pytest.raises(VideoError, match="broken at frame 6"):
        run(rgb_features(decoder(), 10, Mean(), "07"))


def test_extraction_is_deterministic(lite: EfficientNetLite) -> None:
    maps = np.random.default_rng(0).uniform(0, 4, (5, 56, 56)).astype(np.float32)
    first = run(heatmap_features(maps, lite, "a"))
    np.testing.assert_array_equal(run(heatmap_features(maps, lite, "b")), first)
    assert run(heatmap_features(maps[:0], lite, "c")).shape == (0, lite.dim)


# -- keys ---------------------------------------------------------------------------

HEATMAP = HeatmapConfig()
FEATURES = FeatureConfig()
POSES = (
    np.arange(24, dtype=np.float32).reshape(2, 1, 6, 2),
    np.ones((2, 1, 6), np.float32),
)


def all_heatmap_changes() -> list[HeatmapConfig]:
    return [
        replace(HEATMAP, kind="joint"),
        replace(HEATMAP, size=64),
        replace(HEATMAP, sigma_px=0.7),
        replace(HEATMAP, padding=0.2),
        replace(HEATMAP, min_score=0.3),
    ]


def test_settings_that_matter_make_new_keys(resnet18_file: Path) -> None:
    heatmap_keys = [
        feature_settings_key("heatmap", h, FEATURES)
        for h in [HEATMAP, *all_heatmap_changes()]
    ]
    networks = [
        FEATURES,
        FeatureConfig("resnet18"),
        FeatureConfig("resnet50"),
        FeatureConfig("resnet18", str(resnet18_file)),
        FeatureConfig("resnet18", str(resnet18_file), precision="fast"),
    ]
    crops = [replace(FEATURES, rgb_crop=c) for c in ("subject", "hands")]
    rgb_keys = [feature_settings_key("rgb", HEATMAP, f) for f in [*networks, *crops]]
    other = [feature_settings_key("heatmap", HEATMAP, f) for f in networks[1:]]
    keys = heatmap_keys + rgb_keys + other
    assert len(set(keys)) == len(keys)


def test_settings_that_do_not_matter_keep_the_key(
    resnet18_file: Path, tmp_path: Path
) -> None:
    key = feature_settings_key("rgb", HEATMAP, FEATURES)
    for changed in all_heatmap_changes():
        assert feature_settings_key("rgb", changed, FEATURES) == key
    subject = replace(FEATURES, rgb_crop="subject")
    key = feature_settings_key("rgb", HEATMAP, subject)
    drawn = HeatmapConfig(kind="limb", size=64, sigma_px=2.0)
    assert feature_settings_key("rgb", drawn, subject) == key
    assert feature_settings_key("heatmap", HEATMAP, subject) == (
        feature_settings_key("heatmap", HEATMAP, FEATURES)
    )
    # The bundled network has one precision.
    fast = replace(FEATURES, precision="fast")
    assert feature_settings_key("rgb", HEATMAP, fast) == (
        feature_settings_key("rgb", HEATMAP, FEATURES)
    )
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(resnet18_file.read_bytes())
    assert backbone_key(FeatureConfig("resnet18", str(moved))) == (
        backbone_key(FeatureConfig("resnet18", str(resnet18_file)))
    )


def test_the_key_follows_the_content_of_the_weights_file(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"one")
    config = FeatureConfig("resnet18", str(path))
    key = backbone_key(config)
    path.write_bytes(b"other")
    assert backbone_key(config) != key
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        feature_settings_key("rgb", HEATMAP, config)


def source(modality: Modality, config: FeatureConfig = FEATURES) -> FeatureSource:
    settings = feature_settings_key(modality, HEATMAP, config)
    return FeatureSource(modality, settings, "video", "coco17", ((0, 1),), POSES)


def all_drawing_changes() -> list[dict[str, tuple[np.ndarray, ...]]]:
    keypoints, scores = POSES
    return [
        {"by_frame": (keypoints + 1, scores)},
        {"by_frame": (keypoints, scores / 2)},
    ]


def test_heatmap_features_depend_on_what_is_drawn_and_not_on_pixels() -> None:
    first = source("heatmap")
    assert replace(first, video="another").key == first.key
    for drawn in all_drawing_changes():
        assert replace(first, **drawn).key != first.key
    for edges in ((), ((0, 2),), ((0, 1), (1, 2))):
        changed = replace(first, edges=edges)
        assert changed.key != first.key
        assert changed.rows_key != first.rows_key
    for config in all_heatmap_changes():
        settings = feature_settings_key("heatmap", config, FEATURES)
        assert replace(first, settings_key=settings).key != first.key


def test_features_of_pictures_depend_on_pixels_and_what_is_cut_out() -> None:
    first = source("rgb", replace(FEATURES, rgb_crop="subject"))
    changed = replace(first, video="another")
    assert changed.key != first.key
    assert changed.rows_key != first.rows_key
    for drawn in all_drawing_changes():
        assert replace(first, **drawn).key != first.key


# -- cache --------------------------------------------------------------------------


def test_half_precision_rounds_each_value_by_itself_and_once() -> None:
    values = np.random.default_rng(0).uniform(0, 6, (50, 4)).astype(np.float32)
    half = half_precision(values)
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, values, rtol=2**-11)
    assert half_precision(half) is half
    values[7, 2] = 70_000  # more than float16 holds
    mixed = half_precision(values)
    assert mixed.dtype == np.float32
    assert mixed[7, 2] == 70_000
    mixed[7, 2] = half[7, 2]
    np.testing.assert_array_equal(mixed, half)


def test_what_is_no_number_does_not_become_one() -> None:
    values = np.array([[1, np.nan], [np.inf, -np.inf]], np.float32)
    np.testing.assert_array_equal(half_precision(values), values)


@pytest.mark.parametrize(("scale", "n_bytes"), [(1, 2), (1e5, 4)])
def test_cache_returns_what_was_put_in_half_precision(
    tmp_path: Path, scale: float, n_bytes: int
) -> None:
    cache = FeatureCache(tmp_path / "features")
    values = np.random.default_rng(0).normal(0, scale, (7, 5)).astype(np.float32)
    assert cache.get("k") is None
    cache.put("k", values)
    found = FeatureCache(tmp_path / "features").get("k")
    assert found is not None
    assert found.tobytes() == half_precision(values).tobytes()
    assert cache.path("k").stat().st_size == 128 + n_bytes * values.size
    assert cache.get("j") is None


@pytest.mark.parametrize("length", [0, 1, 60, 128, 140])
def test_truncated_features_are_absent_and_removed(tmp_path: Path, length: int) -> None:
    cache = FeatureCache(tmp_path)
    cache.put("k", np.ones((4, 3), np.float32))
    path = cache.path("k")
    path.write_bytes(path.read_bytes()[:length])
    assert cache.get("k") is None
    assert not path.exists()
    cache.put("k", np.ones((4, 3), np.float32))
    assert cache.get("k") is not None


@pytest.mark.parametrize(
    "values",
    [
        np.ones(3, np.float32),
        np.ones((2, 3), np.int64),
        np.full((2, 3), np.nan, np.float32),
    ],
)
def test_arrays_that_are_no_features_are_absent_and_removed(
    tmp_path: Path, values: np.ndarray
) -> None:
    cache = FeatureCache(tmp_path)
    np.save(cache.path("k"), values)
    assert cache.get("k") is None
    assert not cache.path("k").exists()


def test_cache_drops_what_was_not_used_for_longest(tmp_path: Path) -> None:
    import os

    cache = FeatureCache(tmp_path, max_bytes=3 * 328)
    for age, key in enumerate("abc"):
        cache.put(key, np.zeros((10, 10), np.float32))
        os.utime(cache.path(key), (1000 + age, 1000 + age))
    assert cache.get("a") is not None
    cache.put("d", np.zeros((10, 10), np.float32))
    assert [k for k in "abcd" if cache.path(k).exists()] == ["a", "c", "d"]


def test_the_cache_has_its_share_of_the_free_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    from types import SimpleNamespace

    def left(free: int) -> list[str]:
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        cache = FeatureCache(tmp_path)
        for key in "abcd":
            cache.put(key, np.zeros((10, 10), np.float32))
        return [k for k in "abcd" if cache.path(k).exists()]

    assert left(100_000) == ["a", "b", "c", "d"]
    assert left(3 * 328) == ["d"]  # a quarter of 7 files


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    cache = FeatureCache(blocked / "features")
    cache.put("k", np.ones((2, 3), np.float32))
    assert "not cached" in caplog.text
    assert cache.get("k") is None
