"""What predictions there are is found by looking, and told by one signal."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.state.document import Document, open_document
from app.state.found_predictions import FoundPredictions
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.predictions.found import found_predictions
from skelseg_core.project.folder import ProjectFolder
from tests.app.conftest import N_FRAMES
from tests.projects import put_prediction
from tests.soak import examples

SAID = Segmentation.from_frames(np.zeros(N_FRAMES, int), "model")


@pytest.fixture
def document(qapp: object, project_folder: ProjectFolder) -> Iterator[Document]:
    made = open_document(project_folder)
    yield made
    made.close()


@pytest.fixture
def told() -> list[set[str]]:
    return []


@pytest.fixture
def found(document: Document, told: list[set[str]]) -> FoundPredictions:
    made = FoundPredictions(document, document)
    made.changed.connect(lambda videos: told.append(set(videos)))
    return made


def rest(qtbot: QtBot, found: FoundPredictions) -> None:
    qtbot.waitUntil(lambda: not found.looking, timeout=20_000)


def test_one_look_finds_all_and_one_signal_tells_of_the_new_ones(
    qtbot: QtBot, document: Document, found: FoundPredictions, told: list[set[str]]
) -> None:
    folder = document.folder
    for video in ("one", "two"):
        put_prediction(folder, video, "m", SAID)
    assert found.models("one") == ()
    found.look()
    rest(qtbot, found)
    assert told == [{"one", "two"}]
    assert (found.models("one"), found.names(), found.count("m")) == (("m",), {"m"}, 2)
    found.look()
    rest(qtbot, found)
    assert len(told) == 1, "nothing is new"
    put_prediction(folder, "one", "m", SAID)  # made again
    put_prediction(folder, "two", "n", SAID)
    found.look()
    rest(qtbot, found)
    assert told[1:] == [{"one", "two"}]
    assert found.models("two") == ("m", "n")
    folder.prediction_path("one", "m").unlink()
    found.look_at("one")
    rest(qtbot, found)
    assert told[2:] == [{"one"}]
    assert (found.models("one"), found.count("m")) == ((), 1)
    assert document.undo_stack.count() == 0
    assert not document.unsaved


def test_nobody_waits_for_a_disk_that_is_slow(
    qtbot: QtBot,
    document: Document,
    found: FoundPredictions,
    told: list[set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, asked = threading.Event(), threading.Event()

    def slow(root: Path) -> object:
        there = found_predictions(root)
        asked.set()
        assert answers.wait(20)
        return there

    monkeypatch.setattr("app.state.found_predictions.found_predictions", slow)
    found.look()
    assert asked.wait(20)
    # While the look is under way another prediction comes, and is asked for.
    put_prediction(document.folder, "one", "m", SAID)
    found.look_at("one")
    assert found.models("one") == ()
    answers.set()
    qtbot.waitUntil(lambda: told == [{"one"}], timeout=20_000)
    assert found.models("one") == ("m",)
    rest(qtbot, found)


def test_nothing_is_told_once_the_project_is_closed(
    qtbot: QtBot, document: Document, found: FoundPredictions, told: list[set[str]]
) -> None:
    put_prediction(document.folder, "one", "m", SAID)
    found.look()
    document.closing.emit()
    found.look()
    rest(qtbot, found)
    assert told == []


@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["write", "remove", "look", "look at"]),
            st.sampled_from(["one", "two"]),
            st.sampled_from(["m", "n"]),
        ),
        max_size=12,
    )
)
def test_after_the_last_look_it_knows_what_is_there(
    qtbot: QtBot,
    document: Document,
    found: FoundPredictions,
    acts: list[tuple[str, str, str]],
) -> None:
    folder = document.folder
    for what, video, model in acts:
        if what == "write":
            put_prediction(folder, video, model, SAID)
        elif what == "remove":
            folder.prediction_path(video, model).unlink(missing_ok=True)
        elif what == "look":
            found.look()
        else:
            found.look_at(video)
    found.look()
    rest(qtbot, found)
    there = found_predictions(folder.root)
    for video in ("one", "two"):
        assert found.models(video) == tuple(there.get(video, ()))
    for video in os.listdir(folder.root / "predictions") if there else ():
        assert set(found.models(video)) == set(there.get(video, ()))
