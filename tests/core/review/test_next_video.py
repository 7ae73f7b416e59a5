"""Which video is worth labelling next: of which the model is unsure, and unlike."""

from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import create_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.review.next_video import (
    VideoSummary,
    find_worthy_videos,
    mixture_of,
    order_videos,
    summary_of,
)
from tests.poses_only import CLASSES, item

NAMES = label_map_from_names(CLASSES)
WALK, REACH = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def ids(candidates: dict[str, VideoSummary], *labelled: np.ndarray) -> list[str]:
    return [v.video_id for v in order_videos(candidates, labelled)]


def test_doubt_decides_between_videos_alike() -> None:
    candidates = {n: VideoSummary(d, WALK) for n, d in (("a", 0.1), ("b", 0.4))}
    assert ids(candidates, WALK) == ["b", "a"]
    # Without any label nothing is unlike, and the first of equals stays first.
    same = {n: VideoSummary(0.1, WALK) for n in ("x", "y")}
    assert ids(same) == ["x", "y"]


def test_what_is_unlike_decides_between_equal_doubts() -> None:
    candidates = {"a": VideoSummary(0.2, WALK), "b": VideoSummary(0.2, REACH)}
    assert ids(candidates, WALK) == ["b", "a"]
    assert ids(candidates, REACH) == ["a", "b"]
    first = order_videos(candidates, [WALK])[0]
    assert (first.doubt, first.unlike) == (0.2, 1.0)


def test_the_nearest_labelled_video_counts() -> None:
    half = VideoSummary(0.2, np.array([0.5, 0.5, 0]))
    assert order_videos({"a": half}, [WALK, half.mixture])[0].unlike == 0.0
    assert order_videos({"a": half}, [WALK, REACH])[0].unlike == 0.5


def test_a_summary_is_in_the_classes_of_the_project() -> None:
    said = np.array([[0.9, 0.1], [0.7, 0.3]], np.float32)
    lane = Segmentation.from_frames([NAMES.ids[2]] * 2, "model")
    # Channels in another order, one class unknown to the model.
    made = Prediction(said, np.array([NAMES.ids[2], NAMES.ids[0]]), lane)
    summary = summary_of(made, NAMES)
    assert summary.doubt == pytest.approx(0.2)
    np.testing.assert_allclose(summary.mixture, [0.2, 0, 0.8], atol=1e-6)
    assert mixture_of(Segmentation((Segment(0, 9),)), NAMES) is None


def test_unfinished_videos_with_readable_pre_labels_are_ordered(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder, project = create_project(
        tmp_path_factory.mktemp("n") / "p", NAMES, "lcrnet15"
    )
    n, walk = 6, NAMES.ids[0]
    for name in ("done", "sure", "unsure", "broken", "none"):
        labels = np.full(n, walk if name == "done" else -1)
        project = add_video(project, item(name, labels))
        if name == "none":
            continue
        top = {"unsure": 0.4}.get(name, 0.9)
        said = np.full((n, 3), (1 - top) / 2, np.float32)
        said[:, 0] = top
        lane = Segmentation.from_frames([walk] * n, "model")
        path = folder.prediction_path(name, "m")
        save_prediction(path, Prediction(said, np.array(NAMES.ids), lane))
        if name == "broken":
            path.write_bytes(b"no prediction")
    found = run(find_worthy_videos(folder, project, "m", ""))
    assert [v.video_id for v in found] == ["unsure", "sure"]
    assert found[0].doubt == pytest.approx(0.6, abs=1e-3)
    assert found[0].unlike == pytest.approx(0.6, abs=1e-3)
