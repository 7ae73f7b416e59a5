from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from skelseg_core.errors import ModelError
from skelseg_core.estimators.base import PoseEstimator
from skelseg_core.estimators.keypoint_rcnn import WEIGHTS, KeypointRCNN, scores_of
from skelseg_core.estimators.person_collector import MAX_PEOPLE, PersonCollector
from skelseg_core.estimators.registry import KINDS, estimator_names, load_estimator
from skelseg_core.progress import run
from skelseg_core.torch_tools.devices import best_device
from tests.tasks import driven

SIZE = (128, 96)


@pytest.fixture(scope="module")
def network() -> Any:
    """torchvision's own network with weights at random."""
    from torchvision.models.detection import keypointrcnn_resnet50_fpn

    torch.manual_seed(3)
    torch.set_num_threads(1)
    made = keypointrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        min_size=64,
        box_score_thresh=0.3,
        box_detections_per_img=MAX_PEOPLE,
    )
    for name, tensor in made.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif name.endswith("kps_score_lowres.bias"):
            tensor.copy_(torch.linspace(1, 9, len(tensor)))
    return made.eval()


@pytest.fixture(scope="module")
def weights(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("weights") / "people.pth"
    torch.save(network.state_dict(), path)
    yield path
    path.unlink()  # 237 MB, which pytest would keep


@pytest.fixture(scope="module")
def estimator(weights: Path) -> KeypointRCNN:
    return KeypointRCNN(
        1, weights, min_person_score=0.3, short_side=64, device=best_device()
    )


def pictures(count: int) -> Iterator[tuple[int, np.ndarray]]:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    for n in range(count):
        yield n, picture


def test_finds_what_torchvision_finds(network: Any, estimator: KeypointRCNN) -> None:
    known: PoseEstimator = estimator
    steps, poses = driven(known.estimate(pictures(2), 4, SIZE))
    assert [(s.done, s.total) for s in steps] == [(1, 4), (2, 4)]
    assert (poses.skeleton, poses.size) == ("coco17", SIZE)
    assert "people.pth" in poses.estimator
    assert not poses.scores[2:].any()

    [(_, rgb)] = pictures(1)
    with torch.inference_mode():
        out = network([torch.from_numpy(rgb).permute(2, 0, 1) / 255])[0]
    assert len(out["scores"]) >= poses.n_individuals >= 1
    count = min(MAX_PEOPLE, len(out["scores"]))
    points = out["keypoints"][:count, :, :2].numpy()
    logits = out["keypoints_scores"][:count].numpy()
    # Nothing is known of the frame before, so people keep torchvision's order.
    missing = poses.scores[0] == 0
    assert np.array_equal(missing, scores_of(logits) < 0.2)
    # torchvision's norms here have an epsilon, those of the published weights none.
    offset = np.abs(poses.keypoints[0] - points)[~missing]
    assert np.median(offset) < 0.1
    assert np.abs(poses.scores[0] - scores_of(logits))[~missing].max() < 0.01
    # The same picture again: everybody keeps his index.
    assert np.array_equal(poses.keypoints[0], poses.keypoints[1], equal_nan=True)


def test_red_is_red(estimator: KeypointRCNN, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(batch: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        seen.extend(batch)
        nobody = torch.zeros(0, 17, 3)
        return [{"keypoints": nobody, "keypoints_scores": nobody[..., 0]}]

    monkeypatch.setattr(estimator, "network", look)
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 255
    poses = run(estimator.estimate([(0, red)], 1, (6, 4)))
    assert seen[0].shape == (3, 4, 6)
    assert seen[0].amax(dim=(1, 2)).tolist() == [1, 0, 0]
    assert poses.keypoints.shape == (1, 1, 17, 2)
    assert not poses.scores.any()


def test_scores_keep_their_order_and_stay_between_0_and_1() -> None:
    scores = scores_of(np.array([-1e9, -3, 0.614, 2, 5, 1e9]))
    assert (np.diff(scores) > 0).all()
    assert scores[3] == 0.5
    assert scores[2] == pytest.approx(0.2, abs=1e-3)
    assert 0 <= scores.min() <= scores.max() <= 1


def test_wrong_weights_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.pth cannot be read"):
        KeypointRCNN(1, tmp_path / "gone.pth")
    (tmp_path / "text.pth").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"text\.pth is damaged"):
        KeypointRCNN(1, tmp_path / "text.pth")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"other\.pth does not have the weights of"):
        KeypointRCNN(1, tmp_path / "other.pth")


def test_weights_are_lacking_until_they_are_where_torch_downloads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    kind = next(kind for kind in KINDS if kind.name == "keypoint-rcnn")
    assert kind.lacks_weights
    published = torchvision.models.get_weight(WEIGHTS).url
    stored = Path(torch.hub.get_dir()) / "checkpoints" / Path(published).name
    stored.parent.mkdir(parents=True)
    stored.touch()
    assert not kind.lacks_weights


def test_nothing_is_downloaded_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch(*args: object, **settings: object) -> None:
        asked.append(settings)
        raise OSError("no connection")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fetch)
    with pytest.raises(ModelError, match="not on this computer; allow the download"):
        load_estimator("keypoint-rcnn")
    assert not asked
    with pytest.raises(ModelError, match=r"could not be downloaded from .*no connect"):
        load_estimator("keypoint-rcnn", allow_download=True)
    assert asked[0]["weights_only"] is True
    assert asked[0]["check_hash"] is True


def test_the_door_names_what_there_is() -> None:
    assert estimator_names() == ("movenet", "movenet-exact", "keypoint-rcnn", "yolo")
    assert load_estimator("movenet").skeleton == "coco17"
    with pytest.raises(ModelError, match="no estimator 'x'; choose one of movenet"):
        load_estimator("x")
    with pytest.raises(ModelError, match="movenet has its own weights"):
        load_estimator("movenet", weights="a.pt")
    with pytest.raises(ModelError, match="yolo needs a weights file"):
        load_estimator("yolo")


def test_people_keep_their_index_when_the_order_changes() -> None:
    people = PersonCollector(4, 17)
    rng = np.random.default_rng(1)
    one = np.concatenate([rng.uniform(0, 50, (17, 2)), np.full((17, 1), 0.9)], axis=1)
    right = np.array([1.0, 0, 0])
    other = one + 200 * right
    people.add(0, np.stack([one, other]))
    people.add(1, np.stack([other, one + 3 * right]))
    few = one.copy()
    few[4:, 2] = 0.1  # four keypoints are no person
    people.add(2, few[None])
    people.add(3, np.zeros((0, 17, 3)))
    poses = people.sequence("coco17", (300, 60), "x")
    assert poses.n_individuals == 2
    assert (poses.keypoints[:2, 0, :, 0] < 60).all()
    assert (poses.keypoints[:2, 1, :, 0] >= 200).all()
    assert not poses.scores[2:].any()
    crowd = PersonCollector(1, 17)
    crowd.add(0, np.stack([one + 300 * n * right for n in range(MAX_PEOPLE + 5)]))
    assert crowd.sequence("coco17", (9, 9), "").n_individuals == MAX_PEOPLE
