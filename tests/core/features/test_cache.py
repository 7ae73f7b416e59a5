"""Features of corrected poses: only what changed is made, and all of it is right."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.array_files import save_npy
from skelseg_core.bundled import resource
from skelseg_core.config import (
    FeatureConfig,
    HeatmapConfig,
    HeatmapKind,
    ModelConfig,
    Preset,
)
from skelseg_core.errors import ProjectError
from skelseg_core.features.cache import (
    HASH_BYTES,
    MAX_STATES,
    FeatureRows,
    frame_hashes,
)
from skelseg_core.features.estimated_poses import poses_of
from skelseg_core.features.extraction import FeatureCache, squares
from skelseg_core.features.video_features import features_of, settings_keys
from skelseg_core.features.video_work import work_on
from skelseg_core.formats.poses_npz import load_poses, save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.learning.model_info import load_info
from skelseg_core.poses.corrections import (
    Correction,
    Interpolation,
    PlacedKeypoint,
    SideSwap,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.progress import Progress
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video, correct
from tests.bodies import moving
from tests.tasks import driven
from tests.videos import write_video

N, SIZE = 54, (320, 240)
COCO = load_skeleton("coco17")
WRIST = COCO.keypoints.index("left_wrist")
RECIPE = Preset(
    heatmap=HeatmapConfig(),
    features=FeatureConfig(rgb_crop="subject"),
    model=ModelConfig(modalities=("heatmap", "rgb")),
)


class BlockMeans:
    """A network that costs nothing: the means of 28 x 28 blocks of a picture."""

    name, dim, batch, on_card = "means", 784, 8, False

    def __init__(self, threads: int) -> None:
        pass

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        n, height, width, _ = batch.shape
        blocks = batch.reshape(n, 28, height // 28, 28, width // 28, -1)
        return blocks.mean((2, 4, 5), dtype=np.float32).reshape(n, self.dim)


@pytest.fixture(autouse=True)
def quick_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept and what is made anew does not depend on the network."""
    monkeypatch.setattr("skelseg_core.features.backbones.EfficientNetLite", BlockMeans)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rows")
    folder, project = create_project(root / "p", label_map_from_names("ab"))
    path = write_video(root / "p" / "v.mp4", N, size=SIZE)
    after = add_video(project, probe_video(path, folder, project))
    keypoints = 0.3 * (moving(COCO, N) - 240) + (160, 120)
    scores = np.full((N, 1, len(COCO)), 0.9)
    item = after.tracks[0]
    poses = PoseSequence(keypoints[:, None], scores, "coco17", SIZE, "made")
    save_poses(folder.poses_path(item.id), poses, item.video.fingerprint)
    folder.save(after, project)
    return root / "p"


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(Path(shutil.copytree(template, tmp_path / "p")))


Features = Callable[..., tuple[dict[str, np.ndarray], dict[str, int]]]


@pytest.fixture
def features(folder: ProjectFolder) -> Features:
    """Correct, extract, and say how many frames of each kind were made."""

    def run(
        *corrections: Correction, recipe: Preset = RECIPE, cached: bool = True
    ) -> tuple[dict[str, np.ndarray], dict[str, int]]:
        project = folder.load()
        after = project
        for correction in corrections:
            after = correct(after, "v", correction)
        folder.save(after, project)
        work = work_on(str(folder.root), "v", 2)
        seen, found = driven(features_of(work, recipe, cached=cached))
        counts: dict[str, int] = {}
        for progress in seen:
            told = re.fullmatch(
                rf"(heatmaps|pictures) of v: (\d+) of {N} frames", progress.step
            )
            if told:
                counts[told[1]] = int(told[2])
        return dict(found.features), counts

    return run


def inner_place(folder: ProjectFolder, frame: int) -> tuple[float, float]:
    """A point amid the others of the frame: no box changes with it."""
    points = load_poses(folder.poses_path("v")).keypoints[frame, 0]
    return tuple(float(v) for v in np.median(np.delete(points, WRIST, 0), axis=0))  # type: ignore[return-value]


def equal(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name, values in a.items():
        # The last bit of half precision: batches of another size add in another order.
        np.testing.assert_allclose(values, b[name], rtol=1e-3, atol=1e-5)


def test_only_the_corrected_frames_are_made_anew(
    features: Features, folder: ProjectFolder
) -> None:
    first, counts = features()
    assert counts == {}
    for name, values in features()[0].items():
        assert values.dtype == np.float16
        assert values.tobytes() == first[name].tobytes(), "fresh and kept are the same"
    ends = [PlacedKeypoint(n, 0, WRIST, *inner_place(folder, n)) for n in (20, 39)]
    line = Interpolation(20, 39, 0, WRIST)
    second, counts = features(*ends, line)
    assert counts["heatmaps"] == 20
    changed = (first["heatmap"] != second["heatmap"]).any(axis=1)
    assert np.flatnonzero(changed).tolist() == list(range(20, 40))
    everything, counts = features(cached=False)
    assert counts == {}
    equal(second, everything)


def test_of_the_hands_only_the_corrected_frames_are_made_anew(
    features: Features, folder: ProjectFolder
) -> None:
    recipe = replace(
        RECIPE,
        features=FeatureConfig(rgb_crop="hands"),
        model=ModelConfig(modalities=("keypoints", "rgb")),
    )
    first, _ = features(recipe=recipe)
    assert first["rgb"].shape == (N, 2 * BlockMeans.dim)
    second, counts = features(PlacedKeypoint(20, 0, WRIST, 5, 5), recipe=recipe)
    assert counts == {"pictures": 1}
    changed = first["rgb"] != second["rgb"]
    assert np.flatnonzero(changed.any(axis=1)).tolist() == [20]
    assert not changed[:, BlockMeans.dim :].any(), "the other hand is where it was"
    equal(second, features(recipe=recipe, cached=False)[0])


def test_features_too_large_for_float16_are_kept_as_they_are(
    features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = BlockMeans.__call__
    monkeypatch.setattr(BlockMeans, "__call__", lambda self, b: 1000 * plain(self, b))
    recipe = replace(RECIPE, model=ModelConfig(modalities=("heatmap",)))
    fresh = features(recipe=recipe)[0]["heatmap"]
    assert fresh.max() > 65_504
    assert features(recipe=recipe)[0]["heatmap"].tobytes() == fresh.tobytes()
    after, counts = features(SideSwap(3, 7, 0), recipe=recipe)
    assert counts["heatmaps"] == 4
    same = np.delete(np.arange(N), range(3, 7))
    assert after["heatmap"][same].tobytes() == fresh[same].tobytes()


def other_limbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Join other keypoints by limbs, as a corrected skeleton file would."""
    changed = replace(COCO, edges=((0, 9), (0, 10), (15, 16)))
    monkeypatch.setattr(
        "skelseg_core.features.video_features.load_skeleton", lambda _: changed
    )


@pytest.mark.parametrize("kind", ["combined", "limb", "joint"])
def test_no_feature_of_other_limbs_is_used(
    features: Features, monkeypatch: pytest.MonkeyPatch, kind: HeatmapKind
) -> None:
    model = ModelConfig(modalities=("heatmap",))
    recipe = replace(RECIPE, heatmap=HeatmapConfig(kind=kind), model=model)
    first, _ = features(recipe=recipe)
    other_limbs(monkeypatch)
    second, counts = features(recipe=recipe)
    assert counts == {}
    fresh, _ = features(recipe=recipe, cached=False)
    equal(second, fresh)
    changed = (first["heatmap"] != second["heatmap"]).any(axis=1)
    assert changed.all() if kind != "joint" else not changed.any()


def test_models_that_are_bundled_fit_the_features_that_are_made() -> None:
    # What a cache is keyed by may change; models must not become unfit with it.
    folders = [p.parent for p in resource("demo/models").glob("*/model.json")]
    assert folders
    for folder in folders:
        info = load_info(folder)
        assert dict(info.feature_keys) == settings_keys(info.preset)


def test_no_feature_of_another_square_is_used(
    features: Features, folder: ProjectFolder
) -> None:
    path = folder.poses_path("v")
    poses = load_poses(path)
    keypoints, scores = poses.keypoints.copy(), poses.scores.copy()
    # A hand far out that is hardly seen, and hidden now and then.
    keypoints[:, :, WRIST] += 60
    scores[:, :, WRIST] = 0.4
    scores[::4, :, WRIST] = 0
    poses = replace(poses, keypoints=keypoints, scores=scores)
    save_poses(path, poses, folder.load().track("v").video.fingerprint)
    model = ModelConfig(modalities=("rgb",))
    recipe = replace(RECIPE, model=model)
    features(recipe=recipe)
    for changed in (
        replace(recipe, heatmap=HeatmapConfig(min_score=0.5)),
        replace(recipe, features=replace(recipe.features, max_gap=5)),
    ):
        found, _ = features(recipe=changed)
        equal(found, features(recipe=changed, cached=False)[0])


def test_a_box_that_moves_touches_all_that_it_holds(features: Features) -> None:
    features()
    # Far to the corner: what the heatmaps cover grows, hence every frame changes.
    after, counts = features(PlacedKeypoint(40, 0, WRIST, 5.0, 5.0))
    assert "heatmaps" not in counts, "there is nothing to reuse"
    # The square that follows is smoothed over three frames to either side.
    assert 1 <= counts["pictures"] <= 7
    equal(after, features(cached=False)[0])


def test_features_go_on_where_they_were_left(
    folder: ProjectFolder, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of 54 frames: batches of 8 pictures, and of 20, 20 and 14 heatmaps.
    monkeypatch.setattr("skelseg_core.poses.subject_input.CHUNK", 20)
    whole, _ = features(cached=False)
    monkeypatch.setattr("skelseg_core.features.extraction.PART_S", 0.0)
    cache = FeatureCache().folder
    shutil.rmtree(cache)

    def left(step: str, done: int) -> Progress:
        """Leave at this place; how far it was when it went on."""
        task = features_of(work_on(str(folder.root), "v", 2), RECIPE)
        first = None
        for progress in task:
            if progress.step.startswith(step):
                first = first or progress
                if progress.done >= done:
                    break
        task.close()
        assert first is not None
        return first

    def parts() -> list[str]:
        return [p.stem[-19:] for p in sorted(cache.glob("part-*.npy"))]

    assert left("heatmap features", 20).done == 0
    assert parts() == ["000000000-000000020"]
    first = left("heatmap features", 40)
    assert (first.step, first.done) == ("heatmap features of v, from frame 20 on", 20)
    assert left("picture features", 8).done == 0
    assert parts() == ["000000000-000000008"], "the heatmaps are whole now"
    assert left("picture features", 40).done == 8
    for part in cache.glob("part-*-000000024-*.npy"):
        part.write_bytes(b"damaged")
    assert left("picture features", 54).done == 24
    found, counts = features()
    assert not counts
    for name, values in whole.items():
        assert values.tobytes() == found[name].tobytes(), name
    assert not parts()


def test_parts_stay_where_the_whole_could_not_be_kept(
    features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, values: np.ndarray) -> None:
        if not path.name.startswith("part-"):
            raise ProjectError("the disk is full")
        save_npy(path, values)

    monkeypatch.setattr("skelseg_core.features.extraction.PART_S", 0.0)
    monkeypatch.setattr("skelseg_core.features.extraction.save_npy", full)
    features()
    cache = FeatureCache().folder
    assert list(cache.glob("part-*.npy"))
    monkeypatch.setattr("skelseg_core.features.extraction.save_npy", save_npy)
    features()
    assert not list(cache.glob("part-*.npy"))


def test_both_states_stay_and_the_nearest_is_taken(
    features: Features, folder: ProjectFolder
) -> None:
    features()
    features(SideSwap(10, 30, 0))
    before = folder.load()
    _, counts = features(PlacedKeypoint(45, 0, WRIST, *inner_place(folder, 45)))
    assert counts["heatmaps"] == 1
    folder.save(before, folder.load())
    _, counts = features()
    assert counts == {}, "the state before is whole in the cache"


def test_whole_frames_do_not_depend_on_poses(features: Features) -> None:
    whole = replace(RECIPE, features=FeatureConfig(rgb_crop="frame"))
    first, _ = features(recipe=whole)
    second, counts = features(SideSwap(0, 5, 0), recipe=whole)
    assert "pictures" not in counts
    np.testing.assert_array_equal(first["rgb"], second["rgb"])


def test_rows_without_their_features_are_not_believed(features: Features) -> None:
    features()
    for path in FeatureCache().folder.glob("heatmap-*.npy"):
        path.unlink()
    after, counts = features(SideSwap(3, 7, 0))
    assert "heatmaps" not in counts
    equal(after, features(cached=False)[0])


@pytest.mark.parametrize("bad", ["truncated", "shape", "kind"])
def test_damaged_rows_are_passed_over(features: Features, bad: str) -> None:
    features()
    for path in FeatureCache().folder.glob("rows-*.npy"):
        if bad == "truncated":
            path.write_bytes(path.read_bytes()[:100])
        else:
            shape = (N, HASH_BYTES) if bad == "kind" else (N - 1, HASH_BYTES)
            np.save(path, np.zeros(shape, np.float32 if bad == "kind" else np.uint8))
    after, counts = features(SideSwap(3, 7, 0))
    assert counts == {}
    equal(after, features(cached=False)[0])


def test_the_state_that_agrees_most_is_found(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path)
    rows = FeatureRows(cache, "base")
    values = np.arange(8, dtype=np.float32).reshape(4, 2)
    for key, numbers in (("a", [0, 1, 9, 9]), ("b", [0, 1, 2, 9]), ("c", [9] * 4)):
        cache.put(key, values + ord(key))
        rows.keep(key, lambda n=numbers: frame_hashes(np.array(n)))
    found, known = rows.find(frame_hashes(np.arange(4)))
    assert known.tolist() == [True, True, True, False]
    np.testing.assert_array_equal(found, values + ord("b"))
    nothing, known = FeatureRows(cache, "other").find(frame_hashes(np.arange(4)))
    assert nothing is None
    assert not known.any()


def test_rows_go_with_the_oldest_of_the_cache(tmp_path: Path) -> None:
    import os

    cache = FeatureCache(tmp_path, max_bytes=1800)
    rows = FeatureRows(cache, "base")
    for age, key in enumerate("abc"):
        rows.keep(key, lambda: frame_hashes(np.arange(40)))
        for path in tmp_path.glob(f"rows-*-{key}.npy"):
            os.utime(path, (1000 + age, 1000 + age))
    cache.put("d", np.zeros((10, 10), np.float32))
    assert [p.stem[-1] for p in sorted(tmp_path.glob("rows-*"))] == ["c"]


def test_of_one_video_only_the_newest_states_are_kept(tmp_path: Path) -> None:
    import os

    cache = FeatureCache(tmp_path)
    rows, other = FeatureRows(cache, "base"), FeatureRows(cache, "other")
    cache.put("x", np.zeros((3, 2), np.float32))
    other.keep("x", lambda: frame_hashes(np.arange(3)))
    for age in range(MAX_STATES + 2):
        cache.put(f"k{age}", np.zeros((3, 2), np.float32))
        rows.keep(f"k{age}", lambda: frame_hashes(np.arange(3)))
        for path in tmp_path.glob(f"*k{age}.npy"):
            os.utime(path, (1000 + age, 1000 + age))
    left = [n for n in range(MAX_STATES + 2) if cache.path(f"k{n}").exists()]
    assert left == list(range(2, MAX_STATES + 2))
    assert len(list(tmp_path.glob("rows-*"))) == MAX_STATES + 1
    assert cache.get("x") is not None


def test_squares_are_those_that_are_cut_out() -> None:
    boxes = np.array(
        [[1.2, 2, 11.1, 8], [5, 5, 5, 9], [np.nan, 0, 1, 1], [900, 0, 990, 9]]
    )
    assert squares(boxes, (40, 30)).tolist() == [[1, 0, 10], [0] * 3, [0] * 3, [0] * 3]


def test_poses_under_corrections_are_not_replaced(
    features: Features, folder: ProjectFolder
) -> None:
    features(SideSwap(3, 7, 0))
    work = work_on(str(folder.root), "v", 1)
    with pytest.raises(ProjectError, match="were corrected by hand"):
        for _ in poses_of(work, again=True):
            pass


def test_hashes_agree_where_all_parts_do() -> None:
    a, b = np.arange(6.0).reshape(3, 2), np.arange(3)
    changed = b.copy()
    changed[1] += 1
    one, other = frame_hashes(a, b), frame_hashes(a, changed)
    assert one.shape == (3, HASH_BYTES)
    assert (one == other).all(axis=1).tolist() == [True, False, True]
