"""Names are shown as they are: a video called ``<img src=x>`` loads no picture.

Every class, video, annotator, model, note and file has a name that is HTML. No label,
tooltip or message of the window may render it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PySide6 import QtGui
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.kit.labels import Label, plain_tip
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_lane
from skelseg_core.project.videos_and_tracks import annotator_lane
from tests.app.windows import opened
from tests.projects import changed

NASTY = "<img src='file:///nasty.png'><h1>n</h1>"
MARKS = ("<img", "nasty.png")


def shows_html(text: str, text_format: Qt.TextFormat) -> bool:
    """Tell whether a text of the user's would be rendered."""
    if text_format == Qt.TextFormat.PlainText:
        return False
    if text_format == Qt.TextFormat.AutoText and not QtGui.Qt.mightBeRichText(text):
        return False
    document = QTextDocument()
    document.setHtml(text)
    # What is escaped comes out as text; what is not has become a picture.
    return "\ufffc" in document.toPlainText() or any(
        mark in text and mark not in document.toPlainText() for mark in MARKS
    )


def tips(widget: QWidget) -> Iterator[tuple[str, str]]:
    """Every tooltip in and below a widget, with where it is from."""
    for child in [widget, *widget.findChildren(QWidget)]:
        yield f"{type(child).__name__} {child.objectName()}", child.toolTip()
    for action in widget.findChildren(QAction):
        yield f"action {action.objectName()}", action.toolTip()
    for view in widget.findChildren(QAbstractItemView):
        model = view.model()
        if model is not None:
            yield from _tips_of(type(view).__name__, model, QModelIndex())


def _tips_of(
    name: str, model: QAbstractItemModel, parent: QModelIndex
) -> Iterator[tuple[str, str]]:
    for row in range(model.rowCount(parent)):
        is_list = isinstance(model, QAbstractListModel)
        for column in range(1 if is_list else model.columnCount(parent)):
            index = model.index(row, column, parent)
            tip = index.data(Qt.ItemDataRole.ToolTipRole)
            if isinstance(tip, str):
                yield f"{name} {row},{column}", tip
            yield from _tips_of(name, model, index)


def rendered(widget: QWidget) -> list[str]:
    """Where in and below a widget a name is rendered as HTML."""
    found = [
        f"{type(label).__name__} {label.objectName()}: {label.text()}"
        for label in widget.findChildren(QLabel)
        if shows_html(label.text(), label.textFormat())
    ]
    automatic = Qt.TextFormat.AutoText
    return found + [f"{w}: {t}" for w, t in tips(widget) if shows_html(t, automatic)]


def nasty_folder(folder: ProjectFolder) -> ProjectFolder:
    """The project with HTML for names wherever it may stand."""
    project = folder.load()
    classes = tuple(
        replace(c, name=f"{NASTY}{c.id}", description=NASTY, group=NASTY)
        for c in project.label_map.classes
    )
    item = project.tracks[0]
    project = replace(project, name=NASTY, label_map=LabelMap(classes))
    project = replace(project, tracks=(changed(item, notes=NASTY), *project.tracks[1:]))
    lane = Segmentation.from_frames(np.zeros(item.n_frames, int), "human")
    model = "img src=x"
    ids = np.array([c.id for c in classes])
    path = folder.prediction_path(item.id, model)
    shares = np.full((item.n_frames, len(ids)), 1 / len(ids), np.float32)
    save_prediction(path, Prediction(shares, ids, lane))
    project = set_lane(project, item.id, annotator_lane("Ann"), lane)
    folder.save(project)
    return folder


def test_no_name_is_rendered_as_html(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    with opened(qtbot, nasty_folder(project_folder)) as project_window:
        window, services = project_window.window, project_window.services
        notices = services.notices
        said = 0
        for command in (
            "help",
            "keys",
            "review-queue",
            "jobs",
            "statistics",
            "history",
        ):
            action = window.findChild(QAction, command)
            if action is not None and action.isEnabled():
                action.trigger()
                QApplication.processEvents()
                said += 1
        notices.warn(f"{NASTY} is not a video")
        notices.say(f"{NASTY} was added")
        QApplication.processEvents()
        assert any(NASTY in x.text() for x in window.findChildren(QLabel))
        assert any("&lt;img" in tip for _, tip in tips(window))
        for top in QApplication.topLevelWidgets():
            assert rendered(top) == []


def test_the_walk_finds_what_is_rendered(qtbot: QtBot) -> None:
    """The test above can fail."""
    parent = QWidget()
    qtbot.addWidget(parent)
    QLabel(NASTY, parent)
    assert len(rendered(parent)) == 1
    parent.setToolTip(NASTY)
    assert len(rendered(parent)) == 2
    parent.setToolTip(plain_tip(NASTY))
    Label(NASTY, parent)
    assert len(rendered(parent)) == 1


def test_a_tooltip_is_shown_as_it_is() -> None:
    assert plain_tip("a < b\nc") == "a < b\nc"
    assert len(plain_tip("x" * 100_000)) < 2100
    document = QTextDocument()
    document.setHtml(plain_tip(f"{NASTY}\nsecond"))
    assert document.toPlainText().replace("\u2028", "\n") == f"{NASTY}\nsecond"
