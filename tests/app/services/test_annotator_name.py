"""Whoever labels is asked for a name once, at the first label."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.services.labelling.annotator_name import AnnotatorName
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import edit_lane
from tests.app.windows import opened

ASK = AnnotatorName.ask_once


@pytest.fixture
def asking(
    qtbot: QtBot, project_folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProjectWindow]:
    """A window that asks, as it does outside of tests."""
    monkeypatch.setattr(AnnotatorName, "ask_once", ASK)
    with opened(qtbot, project_folder) as made:
        yield made


def label(window: ProjectWindow, start: int) -> None:
    document, video = window.document, window.session.track_id
    class_id = document.project.label_map.ids[0]
    document.apply(
        "Label",
        lambda p: edit_lane(p, video, lambda s: paint(s, start, start + 5, class_id)),
    )


def questions(window: ProjectWindow) -> list[str]:
    return [n.text for n in window.services.notices.all if n.about == "your name"]


def test_the_first_label_asks_for_a_name_once(asking: ProjectWindow) -> None:
    assert not questions(asking)
    label(asking, 0)
    (said,) = questions(asking)
    assert said.startswith("What is your name?")
    (notice,) = [n for n in asking.services.notices.all if n.text == said]
    assert notice.helps == ("your-name",)
    asking.services.notices.close(notice)
    label(asking, 20)
    assert not questions(asking)
    assert asking.settings.name_asked


def test_nobody_is_asked_while_a_video_plays(
    asking: ProjectWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(asking.player), "playing", property(lambda _: True))
    label(asking, 0)
    assert not questions(asking)
    monkeypatch.undo()
    monkeypatch.setattr(AnnotatorName, "ask_once", ASK)
    label(asking, 20)
    assert questions(asking)


def test_a_name_answers_it_and_stands_with_the_labels(asking: ProjectWindow) -> None:
    label(asking, 0)
    assert questions(asking)
    asking.services.labelling.annotator_name.set_name("Cara")
    assert not questions(asking)
    label(asking, 20)
    video = asking.document.project.track(asking.session.track_id)
    assert video.annotator == "Cara"


def test_who_has_a_name_is_not_asked(asking: ProjectWindow) -> None:
    asking.services.labelling.annotator_name.set_name("Cara")
    label(asking, 0)
    assert not questions(asking)
