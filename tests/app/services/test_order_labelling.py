from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.services.labelling.order_labelling import KnownOrder
from app.services.services import Services
from app.views.dialogs.known_order import KnownOrderDialog
from skelseg_core.errors import EditError
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.project_edits import set_blind
from tests.app.made_services import close_services, make_services
from tests.app.predicted import shown
from tests.poses_only import make_poses_project

TRUTH = np.repeat([0, 1, 0, 2, 0, 1, 0, 2], 10)
"""Twice the same; the model takes 2 for 1."""


@pytest.fixture
def services(qtbot: QtBot, tmp_path: Path) -> Iterator[Services]:
    made = make_services(make_poses_project(tmp_path / "p"))
    made.session.set_video("old")
    nothing = Segmentation.unlabelled(len(TRUTH))
    made.document.edit_lane("Clear", "old", lambda _: nothing)
    yield made
    close_services(made)


def predict(qtbot: QtBot, services: Services) -> None:
    """A prediction in which class 1 is a little likelier than class 2."""
    document = services.document
    ids = np.array(document.project.label_map.ids[:3])
    values = np.full((len(TRUTH), 3), 0.1)
    values[TRUTH == 0, 0] = 0.8
    values[TRUTH > 0] = [0.1, 0.5, 0.4]
    lane = Segmentation.from_frames(ids[values.argmax(axis=1)], "model")
    found = Prediction(values.astype(np.float32), ids, lane)
    shown(qtbot, services, "old", "m", found)


def label(services: Services, video: str, stop: int) -> None:
    ids = services.document.project.label_map.ids
    truth = Segmentation.from_frames(TRUTH[:stop])
    for s in truth.segments:
        class_id = ids[s.class_id or 0]
        services.document.edit_lane(
            "Paint", video, lambda v, s=s, c=class_id: paint(v, s.start, s.stop, c)
        )


def label_in(qtbot: QtBot, services: Services, order: KnownOrder) -> str:
    """Label in an order; return what is said of it."""
    n = services.document.undo_stack.count()
    services.labelling.order_labelling.label(order)
    qtbot.waitUntil(lambda: services.document.undo_stack.count() > n, timeout=20_000)
    assert services.document.undo_stack.count() == n + 1
    return services.notices.all[-1].text


def idle(qtbot: QtBot, services: Services) -> None:
    qtbot.waitUntil(lambda: not services.jobs.running, timeout=20_000)


def columns(services: Services) -> list[int]:
    project = services.document.project
    return project.label_map.to_indices(
        project.track("old").annotation.to_frames()
    ).tolist()


def test_without_a_prediction_it_says_what_to_do_first(services: Services) -> None:
    label(services, "old", 40)
    said: list[str] = []
    services.notices.warned.connect(said.append)
    assert not services.labelling.order_labelling.ready()
    assert "pre-label this video first" in said[0].lower()


def test_the_order_of_a_file_is_one_step_and_a_persons_frames_stay(
    qtbot: QtBot, services: Services, tmp_path: Path
) -> None:
    predict(qtbot, services)
    label(services, "old", 15)
    document, before = services.document, services.document.project
    names = document.project.label_map.names
    path = tmp_path / "order.txt"
    path.write_text("# what comes\n" + "\n".join(names[c] for c in TRUTH[::10]))
    order = services.labelling.order_labelling.of_file(path)
    assert services.labelling.order_labelling.lines(order) == [
        names[c] for c in TRUTH[::10]
    ]
    services.labelling.order_labelling.label(order)
    # While it is decoded, a person goes on.
    document.edit_lane("Paint", "old", lambda v: paint(v, 79, 80, 0))
    qtbot.waitUntil(lambda: columns(services)[20] != -1, timeout=20_000)
    assert columns(services)[15:79] == TRUTH[15:79].tolist()
    annotation = document.project.track("old").annotation
    persons = annotation.frames_where(lambda run: run.class_reviewed)
    assert np.flatnonzero(persons).tolist() == [*range(15), 79]
    document.undo()
    document.undo()
    assert document.project.track("old").annotation == before.track("old").annotation


def test_the_order_of_another_video(qtbot: QtBot, services: Services) -> None:
    predict(qtbot, services)
    assert services.labelling.order_labelling.others() == []
    with pytest.raises(EditError, match="No person has labelled"):
        services.labelling.order_labelling.of_video("new")
    label(services, "new", min(80, services.document.project.track("new").n_frames))
    assert services.labelling.order_labelling.others() == ["new"]
    label_in(qtbot, services, services.labelling.order_labelling.of_video("new"))
    assert columns(services) == TRUTH.tolist()


def test_the_rest_repeats_what_is_labelled(qtbot: QtBot, services: Services) -> None:
    predict(qtbot, services)
    label(services, "old", 40)
    with pytest.raises(EditError, match="no order before frame 0"):
        services.labelling.order_labelling.so_far()
    services.player.seek(40)
    order = services.labelling.order_labelling.so_far()
    assert columns(services)[40:] == [-1] * 40
    said = label_in(qtbot, services, order)
    assert "1 label changed by the order of the labels before the playhead" in said
    # The prediction takes the last ten frames for another class.
    assert "agrees in 75 % of the frames" in said
    assert columns(services) == TRUTH.tolist()
    n = services.document.undo_stack.count()
    services.labelling.order_labelling.label(order)
    idle(qtbot, services)
    assert "0 labels changed" in services.notices.all[-1].text
    assert services.document.undo_stack.count() == n


def test_a_video_that_is_no_longer_shown_is_labelled_all_the_same(
    qtbot: QtBot, services: Services
) -> None:
    predict(qtbot, services)
    label(services, "old", 40)
    services.player.seek(40)
    services.labelling.order_labelling.label(
        services.labelling.order_labelling.so_far()
    )
    services.session.set_video("new")
    idle(qtbot, services)
    assert columns(services) == TRUTH.tolist()


def test_a_project_that_became_blind_takes_nothing_over(
    qtbot: QtBot, services: Services
) -> None:
    predict(qtbot, services)
    label(services, "old", 40)
    services.player.seek(40)
    services.labelling.order_labelling.label(
        services.labelling.order_labelling.so_far()
    )
    services.document.apply("Blind", lambda p: set_blind(p, True))
    idle(qtbot, services)
    assert columns(services)[40:] == [-1] * 40


def test_the_dialog_shows_the_order_of_each_source(
    qtbot: QtBot, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(qtbot, services)
    label(services, "new", 40)
    names = services.document.project.label_map.names
    dialog = KnownOrderDialog(services.labelling.order_labelling)
    qtbot.addWidget(dialog)
    assert (dialog.order, dialog.accept_button.isEnabled()) == (None, False)
    dialog.source.activated.emit(2)
    assert dialog.shown.toPlainText().split() == [
        *(names[c] for c in (0, 1, 0, 2)),
        "...",
    ]
    assert dialog.accept_button.isEnabled()
    dialog.source.activated.emit(0)
    assert "no order before frame 0" in dialog.told.text()
    assert (dialog.order, dialog.accept_button.isEnabled()) == (None, False)
    path = tmp_path / "order.txt"
    path.write_text("dance\n")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), "")
    )
    dialog.source.activated.emit(1)
    assert "Line 1 of order.txt is “dance”" in dialog.told.text()
    path.write_text(f"{names[1]}\n...\n")
    dialog.source.activated.emit(1)
    assert dialog.shown.toPlainText().split() == [names[1], "..."]
    assert dialog.told.isHidden()
