"""Predictions as the window comes to know them, for tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pytestqt.qtbot import QtBot

from app.services.services import Services
from app.state.current_video import CurrentVideo
from app.window.project_window import ProjectWindow
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import Progress, Task
from skelseg_core.project.videos_and_tracks import prediction_lane
from tests.projects import put_prediction


def shown(
    qtbot: QtBot, services: Services, video_id: str, model: str, said: Prediction
) -> None:
    """Write a prediction, as a run does, and wait until the window shows it."""
    current = services.current_video
    save_prediction(services.document.folder.prediction_path(video_id, model), said)
    found(qtbot, current, video_id, model)
    if video_id == services.session.track_id:
        lane, n = prediction_lane(model), len(said.segmentation)

        def is_read() -> bool:
            there = current.predictions.get(lane)
            return there is not None and len(there.segmentation) == n

        qtbot.waitUntil(is_read, timeout=20_000)
        qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)


def found(qtbot: QtBot, current: CurrentVideo, video_id: str, model: str) -> None:
    """Wait until the window knows of a prediction that is there."""
    current.found.look_at(video_id)
    there = current.found
    qtbot.waitUntil(
        lambda: model in there.models(video_id) and not there.looking, timeout=20_000
    )


def gone(qtbot: QtBot, services: Services, video_id: str, model: str) -> None:
    """Take a prediction away and wait until the window knows."""
    current = services.current_video
    services.document.folder.prediction_path(video_id, model).unlink()
    current.found.look_at(video_id)
    qtbot.waitUntil(lambda: model not in current.found.models(video_id), timeout=20_000)


def show_prediction(
    project_window: ProjectWindow, video_id: str, lane: Segmentation, model: str = "m"
) -> None:
    """Let the window show what a model says of the current video, without a file."""
    project = project_window.document.project
    ids = np.array(project.label_map.ids)
    shares = np.full((lane.n_frames, len(ids)), 1 / len(ids), np.float32)
    said = Prediction(shares, ids, lane)
    project_window.services.current_video.set_prediction(video_id, model, said)


def predicting(
    services: Services, lane: Segmentation, unlike: bool = False, all_one: str = ""
) -> Callable[..., Task[dict[str, object]]]:
    """Make what answers as the worker does that pre-labels a video by model m."""

    def predict(task: str, /, **arguments: object) -> Task[dict[str, object]]:
        yield Progress(task)
        video = str(arguments["video_id"])
        put_prediction(services.document.folder, video, "m", lane)
        return {
            "video": video,
            "n_segments": len(lane),
            "unlike": unlike,
            "all_one": all_one,
        }

    return predict
