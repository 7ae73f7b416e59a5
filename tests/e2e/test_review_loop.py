"""A clip is reviewed by keys alone, and the model that learns from it is better.

Choosing the model and the video, pre-labelling and training are done by keys, too.

The clips are those of the demo, cut down to three: one is labelled, one is reviewed,
and the next one shows what the review was good for.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.services.models import model_service
from skelseg_core.config import load_preset, to_dict
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.learning.recipes import recipes
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.videos_and_tracks import prediction_lane
from skelseg_core.tasks.registry import TASKS
from tests.e2e.conftest import Opener
from tests.e2e.reviewer import CTRL, Key, Person, left

LABELLED, REVIEWED, NEXT = "anna-1", "ben-2", "emi-1"
K = 5
LONG = 180_000


@pytest.fixture
def preset() -> dict[str, Any]:
    """The proposed recipe with so few passes that they take seconds."""
    values = to_dict(load_preset("keypoints"))
    values["train"] |= {"epochs": 40, "min_steps": 0}
    return values


@pytest.fixture
def recipe(
    tmp_path: Path, preset: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> str:
    """The quick recipe, the last of those that the window offers."""
    path = tmp_path / "quick.yaml"
    path.write_text(yaml.safe_dump(preset), encoding="utf-8")
    quick = replace(recipes()[0], name=str(path))
    monkeypatch.setattr(model_service, "recipes", lambda: (*recipes(), quick))
    return quick.name


@pytest.fixture
def folder(demo_root: Path, preset: dict[str, Any]) -> ProjectFolder:
    """One clip labelled, two not, and a model of the first."""
    folder = ProjectFolder(demo_root)
    project = folder.load()
    clips = (LABELLED, REVIEWED, NEXT)
    kept = tuple(v for v in project.tracks if v.id in clips)
    folder.save(replace(project, tracks=kept), project)
    task = TASKS["train"](
        root=str(demo_root), name="before", preset=preset, unlabelled=False
    )
    run(task)
    return folder


def truth_of(folder: ProjectFolder, video: str) -> Segmentation:
    project = folder.load()
    ids = {c.name: c.id for c in project.label_map.classes}
    path = folder.root / "truth" / f"{video}.csv"
    return labels_of_video(load_labels(path), project.track(video), ids, path)


def prelabelled(person: Person, model: str) -> Segmentation:
    """Pre-label the video that is shown, by its key."""
    project_window, video = person.project_window, person.session.track_id
    lane = prediction_lane(model)
    person.key(Key.Key_P, CTRL)
    current = project_window.services.current_video
    person.wait(lambda: lane in current.predictions, LONG)
    assert person.session.track_id == video
    return current.predictions[lane].segmentation


def show(person: Person, video: str) -> None:
    """Go to a video by its keys."""
    ids = [v.id for v in person.project_window.document.project.tracks]
    while person.session.track_id != video:
        before = ids.index(person.session.track_id)
        person.key(Key.Key_PageDown if ids.index(video) > before else Key.Key_PageUp)
        assert ids.index(person.session.track_id) != before
    person.wait(lambda: person.player.picture is not None)


def choose_model(person: Person, model: str) -> None:
    """Choose a model in the list of models, which the palette finds."""
    person.key(Key.Key_K, CTRL)
    person.type("Models")
    person.key(Key.Key_Return)
    models = person.project_window.docks.model.models.list
    person.wait(models.hasFocus)
    person.key(Key.Key_Home)
    for _ in range(models.topLevelItemCount() - 1):
        if person.session.model != model:
            person.key(Key.Key_Down)
    person.key(Key.Key_Escape)
    assert person.session.model == model


def test_a_clip_that_was_reviewed_makes_the_next_better(
    folder: ProjectFolder, opener: Opener, qtbot: QtBot, recipe: str
) -> None:
    project_window = opener(folder.root)
    truth, other = truth_of(folder, REVIEWED), truth_of(folder, NEXT)
    person = Person(project_window, qtbot, truth.to_frames(), K)
    choose_model(person, "before")
    show(person, NEXT)
    before = left(prelabelled(person, "before"), other, K).events
    show(person, REVIEWED)
    assert left(prelabelled(person, "before"), truth, K).events > 5

    person.enter()
    while person.wrong:
        assert person.room.state == "at", f"the queue is over, but: {person.wrong}"
        person.mend()
        person.say_right()
    review_on_the_wall(person)
    assert not person.wrong
    assert all(s.reviewed for s in person.lane.segments)

    retrain(person, "after", recipe)
    show(person, NEXT)
    assert left(prelabelled(person, "after"), other, K).events < before


def review_on_the_wall(person: Person) -> None:
    """Look at what is left, and review it, page by page."""
    wall = person.project_window.docks.wall
    person.key(Key.Key_Z)
    person.wait(wall.isVisible)
    while person.project_window.services.review.review_wall.open_strips:
        person.key(Key.Key_Return)  # too early, which does nothing
        person.wait(wall.review_button.isEnabled, LONG)
        person.key(Key.Key_Return)
        QTest.qWait(100)
    person.key(Key.Key_Escape)
    person.wait(lambda: not wall.isVisible())


def retrain(person: Person, model: str, recipe: str) -> None:
    """Train on both clips: name the model, and choose a recipe from the list."""
    form = person.project_window.docks.model.training
    person.key(Key.Key_T, CTRL)
    person.wait(lambda: form.name.hasFocus())
    person.type(model)
    person.key(Key.Key_Tab)
    person.key(Key.Key_End)
    assert form.preset.currentText() == recipe
    person.key(Key.Key_Tab)
    person.key(Key.Key_Space)
    person.key(Key.Key_Escape)
    person.wait(lambda: person.session.model == model, LONG)
