"""H shows what the chosen model sees, in a whole window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.services.models import pose_service
from app.state.current_video import ShownPoses
from app.window.project_window import ProjectWindow
from skelseg_core.config import HeatmapConfig, ModelConfig, Preset, load_preset
from skelseg_core.features.backbones import EfficientNetLite
from skelseg_core.features.video_features import features_of
from skelseg_core.features.video_work import FeatureWork, work_on
from skelseg_core.files import atomic_write
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.learning.model_info import to_json
from skelseg_core.poses.corrections import PersonSwap
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task, run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import correct
from skelseg_core.project.track_edits import add_tier, set_tier
from skelseg_core.project.tracks import TrackId, VideoId
from skelseg_core.tasks.model_tiers import to_learn
from tests.app.conftest import N_FRAMES
from tests.app.windows import action, opened, trigger
from tests.models import OF_KEYPOINTS, described

ONE = TrackId("one")
FROZEN = Preset(
    HeatmapConfig(kind="limb", padding=0.3), model=ModelConfig(modalities=("heatmap",))
)
TRAINED = Preset(
    HeatmapConfig(view="both", min_score=0.3),
    model=ModelConfig(modalities=("keypoints", "heatmap"), heatmap_encoder="trained"),
)


def two_people() -> PoseSequence:
    """The left one, and a smaller one at the right; both go to the right."""
    rng = np.random.default_rng(0)
    keypoints = np.zeros((N_FRAMES, 2, 17, 2), np.float32)
    keypoints[:, 0] = rng.uniform((5, 5), (35, 85), (17, 2))
    keypoints[:, 1] = rng.uniform((70, 20), (90, 60), (17, 2))
    keypoints[..., 0] += 0.3 * np.arange(N_FRAMES)[:, None, None]
    scores = rng.uniform(0.1, 1, (N_FRAMES, 2, 17)).astype(np.float32)
    return PoseSequence(keypoints, scores, "coco17", (160, 96), "drawn")


@pytest.fixture
def window(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[ProjectWindow]:
    save_poses(project_folder.poses_path(VideoId("one")), two_people(), "")
    made = {"frozen": FROZEN, "trained": TRAINED, "plain": OF_KEYPOINTS}
    for name, preset in made.items():
        place = project_folder.root / "models" / name
        place.mkdir(parents=True)
        dims = dict.fromkeys(preset.model.modalities, 8)
        info = described(name, preset=preset, in_dims=dims, skeleton="coco17")
        atomic_write(place / "model.json", to_json(info))
    with opened(qtbot, project_folder) as found:
        found.services.session.set_video(ONE)
        yield found


def show(window: ProjectWindow, qtbot: QtBot, model: str, frame: int) -> None:
    """Choose a model and a frame, and wait for the overlay that fits the model."""
    window.services.session.set_model(model)

    def is_shown() -> bool:
        source = window.docks.video.overlay_source
        given = source.heatmap if source is not None else None
        return given is not None and given.model == model

    qtbot.waitUntil(is_shown, timeout=20_000)
    window.player.seek(frame)
    qtbot.waitUntil(lambda: window.services.session.frame == frame, timeout=20_000)


def notes(window: ProjectWindow) -> str:
    """Say what stands on the film, from above."""
    return ". ".join(reversed(window.docks.video.heatmap_notes()))


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """All pictures that the bundled backbone is given."""
    given: list[np.ndarray] = []

    def spied(network: EfficientNetLite, batch: np.ndarray) -> np.ndarray:
        given.extend(batch[..., 0])
        return np.zeros((len(batch), network.dim), np.float32)

    monkeypatch.setattr(EfficientNetLite, "__call__", spied)
    return given


def given_to_network(root: Path, preset: Preset, pictures: list[np.ndarray]) -> None:
    """Put what a network is given of each frame of the saved project in ``pictures``.

    As (T, n, H, W), one picture after the other.
    """
    pictures.clear()
    found = run(features_of(work_on(str(root), ONE, 1), preset, cached=False))
    if preset.model.heatmap_encoder == "trained":
        pictures.extend(found.features["heatmap"].reshape(N_FRAMES, 2, 28, 28))


@pytest.mark.parametrize("model", ["frozen", "trained"])
def test_h_shows_the_tensor_that_the_chosen_model_is_given(
    window: ProjectWindow, qtbot: QtBot, pictures: list[np.ndarray], model: str
) -> None:
    preset = {"frozen": FROZEN, "trained": TRAINED}[model]
    video, document = window.docks.video, window.document
    show(window, qtbot, model, 20)
    QTest.keyClick(window.window, Qt.Key.Key_H)
    assert window.services.session.overlays.heatmap
    window.services.labelling.subject_choice.choose(1)
    swap = PersonSwap(30, 50, 0, 1)
    document.apply("Swap", lambda p: correct(p, VideoId("one"), swap))
    current = window.services.current_video

    def follows() -> bool:
        shown = current.poses
        return shown is not None and shown.corrections == (swap,) and bool(shown.picks)

    qtbot.waitUntil(follows, timeout=20_000)
    trigger(window, "save")
    qtbot.waitUntil(lambda: not document.unsaved, timeout=20_000)
    given_to_network(document.folder.root, preset, pictures)
    assert len(pictures) == N_FRAMES
    for frame in (0, 19, 20, 35, 60):
        show(window, qtbot, model, frame)
        assert video.overlay_source is not None
        shown = [h.values for h in video.overlay_source.heatmaps_at(frame)]
        wanted = np.reshape(pictures[frame], np.shape(shown))
        assert wanted.any()
        np.testing.assert_array_equal(shown, wanted)
    size = "112 × 112" if model == "frozen" else "28 × 28 each"
    kind = "limbs" if model == "frozen" else "joints and limbs"
    assert notes(window).startswith(f"{model} sees")
    assert notes(window).endswith(f": {kind}, {size}")


def test_of_two_readings_the_one_of_the_chosen_model_counts(
    window: ProjectWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(window, qtbot, "trained", 20)
    jobs, read = window.services.jobs, pose_service.read_poses
    current = window.services.current_video

    def late(*given: Any) -> Task[ShownPoses | None]:
        def is_early() -> bool:
            return current.poses is None or current.poses.heatmap.model != "plain"

        while given[3].name == "frozen" and is_early():
            yield Progress("waiting")
        return (yield from read(*given))

    monkeypatch.setattr(pose_service, "read_poses", late)
    window.services.session.set_model("frozen")
    show(window, qtbot, "plain", 20)
    qtbot.waitUntil(lambda: not jobs.running, timeout=20_000)
    source = window.docks.video.overlay_source
    assert source is not None
    assert source.heatmap is not None
    assert source.heatmap.model == "plain"


def test_of_a_tier_that_mirrors_another_it_is_mirrored(
    window: ProjectWindow, qtbot: QtBot, pictures: list[np.ndarray]
) -> None:
    document, video = window.document, window.docks.video
    document.apply("Tier", lambda p: add_tier(p, "Left hand"))
    left = next(t.id for t in document.project.tracks if t.tier == "Left_hand")
    window.services.session.set_video(left)
    QTest.keyClick(window.window, Qt.Key.Key_H)
    show(window, qtbot, "trained", 20)
    assert "Mirrored" not in notes(window)
    document.apply("Mirror", lambda p: set_tier(p, "Left_hand", mirrors=""))
    qtbot.waitUntil(lambda: "Mirrored" in notes(window), timeout=20_000)
    trigger(window, "save")
    qtbot.waitUntil(lambda: not document.unsaved, timeout=20_000)
    project = to_learn(document.project, "Left_hand")
    work = FeatureWork(document.folder, project, project.track(left), 1)
    wanted = run(features_of(work, TRAINED, cached=False)).features["heatmap"]
    assert video.overlay_source is not None
    shown = [h.values for h in video.overlay_source.heatmaps_at(20)]
    np.testing.assert_array_equal(np.ravel(shown), wanted[20])


def test_a_model_that_sees_none_says_so_and_shows_what_a_recipe_would_see(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    show(window, qtbot, "plain", 20)
    assert notes(window) == ""
    before = window.docks.video.grab().toImage()
    QTest.keyClick(window.window, Qt.Key.Key_H)
    assert notes(window) == ("plain sees no heatmap. The recipe heatmap would see this")
    assert window.docks.video.grab().toImage() != before
    source = window.docks.video.overlay_source
    assert source is not None
    assert source.heatmap is not None
    assert source.heatmap.recipe == load_preset("heatmap")
    show(window, qtbot, "", 20)
    assert notes(window) == "No model is chosen. The recipe heatmap would see this"


def test_the_menu_view_has_a_row_for_the_heatmap(window: ProjectWindow) -> None:
    menus = window.window.menuBar().findChildren(QMenu)
    view = next(menu for menu in menus if menu.title() == "&View")
    row = action(window, "overlay-heatmap")
    assert row in view.actions()
    assert row.isCheckable()
    assert row.shortcut().toString() == "H"
    row.trigger()
    assert window.services.session.overlays.heatmap
    assert row.isChecked()
