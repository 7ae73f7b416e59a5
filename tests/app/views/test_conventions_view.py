"""The dock Conventions: what it lists, where a click goes, and what the buttons do."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views.review.convention_form import BETWEEN
from app.window.project_window import ProjectWindow
from skelseg_core.labels.conventions import Convention
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.class_edits import delete_class
from skelseg_core.project.project import ANNOTATION, set_lane
from tests.app.conftest import N_FRAMES

WALK, REACH, PLACE = 0, 1, 2


def labels(n: int) -> Segmentation:
    """Walk and place by turns; before the first ``n`` of place a short reach."""
    segments, at, turn = [], 0, 0
    while at < N_FRAMES:
        parts = [(WALK, 5), (REACH, 2)] if turn < n else [(WALK, 7)]
        for class_id, length in (*parts, (PLACE, 7)):
            stop = min(at + length, N_FRAMES)
            if stop > at:
                segments.append(Segment(at, stop, class_id, "human").as_reviewed())
            at = stop
        turn += 1
    return Segmentation(tuple(segments))


@pytest.fixture
def window(project_window: ProjectWindow, qtbot: QtBot) -> ProjectWindow:
    document = project_window.document
    for video in document.project.videos:
        lane = labels(3 if video.id == "one" else 0)
        document.apply(
            "Set", lambda p, i=video.id, s=lane: set_lane(p, i, ANNOTATION, s)
        )
    project_window.docks.show_more("conventions")
    service = project_window.services.conventions
    qtbot.waitUntil(lambda: service.audit is not None, timeout=20_000)
    return project_window


def rows(window: ProjectWindow) -> list[str]:
    tree = window.docks.conventions.tree
    items = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
    return [" | ".join(i.text(c) for c in range(5)) for i in items if i is not None]


def test_it_lists_what_is_labelled_in_two_ways_and_settles_it(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    view, service = window.docks.conventions, window.services.conventions
    assert service.audit is not None
    finding = service.audit.findings[0]
    assert len(finding.labelled) == 3
    names = window.document.project.label_map.names
    assert rows(window)[0].startswith(f"{names[REACH]} under ")
    assert (
        f"{names[WALK]} → {names[PLACE]} | 3 | {len(finding.direct)} | 1"
        in (rows(window)[0])
    )
    assert not view.adopt.isEnabled()
    view.tree.setFocus()
    QTest.keyClick(view.tree, Qt.Key.Key_Down)
    first = view.tree.topLevelItem(0)
    assert first is not None
    view.tree.clearSelection()
    first.setSelected(True)
    assert view.adopt.isEnabled()
    assert view.told.text().startswith("3 segments would be left out, 3 of them rev")
    step = window.document.undo_stack.index()
    QTest.mouseClick(view.adopt, Qt.MouseButton.LeftButton)
    assert window.document.undo_stack.index() == step + 1
    assert window.document.project.conventions == (finding.rule,)
    assert REACH not in window.document.project.video("one").annotation.class_counts
    qtbot.waitUntil(lambda: not service.looking, timeout=20_000)
    assert "in use" in rows(window)[0]
    assert "No inconsistent" in view.told.text() or view.drop.isEnabled()
    window.document.undo()
    assert window.document.project.conventions == ()
    window.document.redo()
    service.choose([finding.rule])
    assert view.drop.isEnabled()
    QTest.mouseClick(view.drop, Qt.MouseButton.LeftButton)
    assert window.document.project.conventions == ()


def test_a_click_on_a_place_goes_there(window: ProjectWindow, qtbot: QtBot) -> None:
    view, player = window.docks.conventions, window.player
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    row = view.tree.topLevelItem(0)
    assert row is not None
    row.setExpanded(True)
    place = row.child(1)
    assert place is not None
    assert place.text(1) == "labelled, reviewed"
    view.tree.itemClicked.emit(place, 0)
    assert player.target == 19
    direct = row.child(row.childCount() - 1)
    assert direct is not None
    assert direct.text(1) == "not labelled"


def test_nothing_is_adopted_of_labels_that_changed_since(window: ProjectWindow) -> None:
    service = window.services.conventions
    assert service.audit is not None
    service.choose([service.audit.findings[0].rule])
    window.commands.refresh()
    assert window.commands["convention-adopt"].isEnabled()
    window.document.edit_lane("Other", "one", lambda _: labels(2))
    window.commands.refresh()
    assert not window.commands["convention-adopt"].isEnabled()
    assert window.docks.conventions.again.isEnabled()


def test_a_rule_of_ones_own_is_listed_with_what_it_would_change_and_adopted(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    view, service = window.docks.conventions, window.services.conventions
    names = window.document.project.label_map.names
    assert not view.form.isVisible()
    QTest.mouseClick(view.own, Qt.MouseButton.LeftButton)
    form = view.form
    assert QApplication.focusWidget() is form.what
    # A class beside itself is no rule: a sentence says so, and nothing is listed.
    form.what.setCurrentIndex(REACH)
    form.first.setCurrentIndex(REACH)
    QTest.keyClick(form.what, Qt.Key.Key_Return)
    assert "about a class between others" in view.told.text()
    assert service.own == ()
    assert not form.second.isEnabled()
    form.first.setCurrentIndex(WALK)
    QTest.keyClick(form.what, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not service.looking, timeout=20_000)
    never = Convention(REACH, left=WALK)
    assert service.to_adopt == (never,)
    assert f"{names[REACH]} | after {names[WALK]} | 3 |  | 1" in rows(window)
    assert view.told.text().startswith("3 segments would be left out, 3 of them rev")
    assert not form.isVisible(), "it makes way for what it asked for"
    view.own.setChecked(True)
    # "A, then B directly" is the kind between, and is another rule.
    form.kind.setCurrentIndex(BETWEEN)
    form.second.setCurrentIndex(PLACE)
    form.seconds.setValue(0.3)
    QTest.mouseClick(form.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not service.looking, timeout=20_000)
    assert service.to_adopt == (Convention(REACH, 0.3, WALK, PLACE),)
    assert set(service.own) == {never, *service.to_adopt}
    service.choose([never])
    QTest.mouseClick(view.adopt, Qt.MouseButton.LeftButton)
    assert window.document.project.conventions == (never,)
    assert REACH not in window.document.project.video("one").annotation.class_counts


def test_a_rule_of_ones_own_goes_with_its_class(
    window: ProjectWindow, qtbot: QtBot
) -> None:
    service = window.services.conventions
    service.ask(Convention(REACH, left=WALK))
    # Asked while the labels are looked through: the later answer has both.
    service.ask(Convention(PLACE, 0.1))
    qtbot.waitUntil(lambda: not service.looking, timeout=20_000)
    assert service.audit is not None
    assert {*service.own} <= {*service.audit.changes}
    window.document.apply("Delete", lambda p: delete_class(p, REACH, None))
    assert service.own == (Convention(PLACE, 0.1),)
