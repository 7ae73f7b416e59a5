"""Every word of the window goes through the translator, and longer words fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.kit.language import Language
from app.kit.settings import Settings
from app.views.dialogs.dialogs import NewProjectDialog, NotesDialog
from app.views.dialogs.reaction_lag import ask_lag
from app.views.keys.key_editor import KeyEditor
from app.views.start.help_pages import PAGES, load_page
from app.window.main_window import MainWindow
from app.window.pages import EXPORT, LABEL, REVIEW, TRAIN
from app.window.project_window import ProjectWindow
from tests.e2e.conftest import Opener
from tests.settled import settle
from tools.translation import CLOSE, OPEN, write_pseudo

OF_QT = "OK|Press shortcut|Float|Scroll Left|Scroll Right"
"""Words of Qt, which has translations of its own."""


@pytest.fixture(scope="module")
def pseudo_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translation of every text that extraction finds: the same in brackets."""
    return write_pseudo(tmp_path_factory.mktemp("translations") / "skelseg_de.ts")


@pytest.fixture
def marking(qapp: QApplication, pseudo_language: Path) -> Iterator[None]:
    theme.apply(qapp, "dark")  # Its buttons are wider than those without a sheet.
    translator = Language(pseudo_language, qapp)
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def texts_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """What a widget says, and which of its properties says so."""
    yield "tooltip", widget.toolTip()
    yield "accessible name", widget.accessibleName()
    if isinstance(widget, QLabel | QAbstractButton):
        # What is cut is whole in the accessible name.
        yield "text", "" if widget.text().endswith("…") else widget.text()
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        yield "placeholder", widget.placeholderText()
    if isinstance(widget, QDockWidget | QGroupBox | QMenu):
        yield (
            "title",
            widget.windowTitle() if isinstance(widget, QDockWidget) else widget.title(),
        )
    if isinstance(widget, QComboBox):
        yield from (("choice", widget.itemText(i)) for i in range(widget.count()))
    if isinstance(widget, QTabBar):
        yield from (("tab", widget.tabText(i)) for i in range(widget.count()))
    if isinstance(widget, QTableView) and widget.model() is not None:
        header = widget.horizontalHeader()
        for column in range(widget.model().columnCount()):
            said = widget.model().headerData(column, header.orientation())
            yield "column", str(said or "")


def data_of(project_window: ProjectWindow) -> set[str]:
    """Names that are data: of classes, videos, models, groups."""
    project = project_window.document.project
    found = {project.name, *(v.id for v in project.tracks)}
    for item in project.label_map.classes:
        found |= {item.name, item.key}
    found |= project_window.services.current_video.found.names()
    found |= set(project_window.document.folder.model_names())
    return found


def bare(text: str, data: set[str]) -> bool:
    """Whether a text has words that no translator saw."""
    text = re.sub(r"<[^>]*>", " ", text)
    # What is put into a text may have been translated itself: from the inside out.
    inner = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
    while inner.search(text):
        text = inner.sub(" ", text)
    for name in sorted(data, key=len, reverse=True):
        text = text.replace(name, " ") if name else text
    # Keys, numbers and units are the same in every language.
    keys = "Ctrl|Shift|Alt|Del|Return|Space|Tab|PgUp|PgDown|Home|End|Left|Right|Up|Down"
    more = "Backspace|Enter|Esc"
    text = re.sub(rf"\b({keys}|{more}|{OF_QT})\b", " ", text)
    text = re.sub(r"(\.[a-z]+)+\b", " ", text)
    text = re.sub(r"\b(fps|px|ms|MB|GB|FPS|COCO)\b", " ", text)
    return re.search(r"[A-Za-z]{2,}", text) is not None


def untold(windows: Iterable[QWidget], data: set[str]) -> set[str]:
    """What is said in windows and everything in them without a translator."""
    found = set()
    for window in windows:
        if bare(window.windowTitle(), data):
            found.add(f"{type(window).__name__} window: {window.windowTitle()!r}")
        for widget in [window, *window.findChildren(QWidget)]:
            for kind, text in texts_of(widget):
                if bare(text, data):
                    found.add(f"{type(widget).__name__} {kind}: {text!r}")
    return found


def cut(window: QWidget) -> set[str]:
    """Return the texts of buttons that are cut at a side."""
    buttons = (
        b
        for kind in (QPushButton, QCheckBox)
        for b in window.findChildren(kind)
        if b.isVisible() and not b.visibleRegion().isEmpty()
    )
    return {
        b.text()
        for b in buttons
        if b.width() < b.minimumSizeHint().width()
        or b.visibleRegion().boundingRect().width() < b.width()
    }


def test_every_word_goes_through_the_translator(
    demo_root: Path, opener: Opener, qtbot: QtBot, marking: None
) -> None:
    project_window = opener(demo_root)
    settle()
    data = data_of(project_window)
    found = untold([project_window.window], data | {"skelseg"})
    project_window.window.resize(1366, 768)
    for page in (LABEL, REVIEW, TRAIN, EXPORT):
        project_window.docks.pages.choose(page)
        if page == EXPORT:
            project_window.docks.export.prepare()
        settle()
        found |= untold([project_window.window], data | {"skelseg"})
        found |= {f"page {page}, cut: {text!r}" for text in cut(project_window.window)}
    for action in project_window.window.findChildren(QAction):
        for text in (action.text(), action.toolTip()):
            if action.objectName() and bare(text, data):
                found.add(f"action {action.objectName()}: {text!r}")
    assert not found, "\n".join(sorted(found))


def test_what_opens_later_goes_through_the_translator(
    demo_root: Path, opener: Opener, qtbot: QtBot, marking: None
) -> None:
    project_window = opener(demo_root)
    data, command_ui, help_and_tour = (
        data_of(project_window) | {"skelseg"},
        project_window.command_ui,
        project_window.help_and_tour,
    )
    program_commands = project_window.program_commands
    command_ui.show_sheet()
    command_ui.change_keys()
    help_and_tour.start_tour()
    program_commands.show_help()
    assert command_ui.sheet is not None
    assert program_commands.help is not None
    editor = project_window.window.findChild(KeyEditor)
    made = [command_ui.sheet, editor, help_and_tour.tour, program_commands.help]
    made += [
        NewProjectDialog(project_window.window),
        NotesDialog(project_window.window, "07", ""),
    ]
    made += [ask_lag(project_window.window, project_window.settings)]
    assert all(made)
    # The pages of the help are written in one language.
    data |= {p.title for p in map(load_page, PAGES)}
    data |= {program_commands.help.contents.item(n).text() for n in range(len(PAGES))}
    found = untold([w for w in made if w is not None], data)
    found |= {c.path for c in command_ui.palette_rows() if bare(c.path, data)}
    assert not found, "\n".join(sorted(found))
    for window in made:
        if window is not None:
            window.close()


def test_the_start_page_goes_through_the_translator(
    qtbot: QtBot, tmp_path: Path, marking: None
) -> None:
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    window.show()
    window.welcome()
    found = untold([window], {"skelseg"})
    for action in window.findChildren(QAction):
        if action.objectName() and bare(action.text(), set()):
            found.add(f"action {action.objectName()}: {action.text()!r}")
    assert not found, "\n".join(sorted(found))
    window.close()
    window.deleteLater()
