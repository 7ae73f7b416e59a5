from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.kit.settings import Settings
from app.views.start.help import HelpView
from app.views.start.help_pages import (
    PAGES,
    HelpPage,
    find,
    help_folder,
    load_page,
    with_keys,
)
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.formats.datasets import DATASET_LAYOUTS
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.formats.labels.subtitles import Srt
from skelseg_core.formats.poses import POSE_FORMATS
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import activate, opened

MAX_PICTURE, MAX_PICTURES = 100_000, 1_000_000


@pytest.fixture
def project_window(
    qtbot: QtBot, project_folder: ProjectFolder
) -> Iterator[ProjectWindow]:
    with opened(qtbot, project_folder) as made:
        yield made
        if made.program_commands.help is not None:
            made.program_commands.help.close()


def shown(project_window: ProjectWindow) -> HelpView:
    assert project_window.program_commands.help is not None
    assert project_window.program_commands.help.isVisible()
    return project_window.program_commands.help


def test_there_is_a_page_for_every_name_and_no_other() -> None:
    files = {p.stem for p in help_folder().glob("*.md")}
    assert files == set(PAGES)
    for name in PAGES:
        page = load_page(name)
        assert page.text.startswith(f"# {page.title}\n")


def test_every_key_that_is_told_is_one_of_an_action_that_is_there(
    project_window: ProjectWindow,
) -> None:
    for name in PAGES:
        told = with_keys(load_page(name).text, project_window.commands.key_texts.key)
        assert "`–`" not in told, f"{name}.md tells of a command that has no key"


def test_every_format_is_told_of() -> None:
    text = load_page("files").text
    for form in (*POSE_FORMATS, *LABEL_FORMATS, *DATASET_LAYOUTS):
        assert f"| {form.title} | {form.about}" in text
    names = ", ".join(form.title for form in POSE_FORMATS)
    assert f"| poses: {names} |" in text
    names = ", ".join(form.title for form in LABEL_FORMATS if form.is_read)
    assert f"| labels: {names} |" in text
    assert f"| {Srt.title} | {Srt.about} Only written." in text
    assert "{format" not in text


def test_links_and_pictures_lead_somewhere() -> None:
    total = 0
    for name in PAGES:
        text = load_page(name).text
        for target in re.findall(r"\]\(([^)]+)\)", text):
            path = help_folder() / target
            assert path.is_file(), f"{name}.md: {target}"
            if path.suffix == ".png":
                assert path.stat().st_size < MAX_PICTURE, target
    total = sum(p.stat().st_size for p in help_folder().glob("*.png"))
    assert total < MAX_PICTURES


@pytest.mark.parametrize(
    ("place", "page"),
    [
        ("timeline", "labelling"),
        ("classes.filter", "classes"),
        ("model", "models"),
        ("transport.frame", "playing"),
        ("review", "review-room"),
    ],
)
def test_f1_opens_the_page_that_fits(
    qtbot: QtBot, project_window: ProjectWindow, place: str, page: str
) -> None:
    widget: QWidget | None = None
    for part in place.split("."):
        widget = getattr(widget or project_window.docks, part)
    assert widget is not None
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if place == "model":
        project_window.docks.show_models()
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_F1)
    help_ = shown(project_window)
    assert help_.shown == page
    assert help_.page.toPlainText().startswith(load_page(page).title)
    assert help_.contents.currentItem().text() == load_page(page).title
    assert not help_.isModal()


def test_keys_are_those_that_hold_now(project_window: ProjectWindow) -> None:
    commands = project_window.commands
    commands.set_keymap(commands.keymap.with_keys("split", ("Ctrl+Alt+7",)))
    project_window.program_commands.show_help()
    help_ = shown(project_window)
    help_.open_page("labelling")
    assert "Ctrl+Alt+7" in help_.page.toPlainText()
    assert "{key:" not in help_.page.toPlainText()
    help_.open_page("keys")
    assert "Split at playhead" in help_.page.toPlainText()


def test_search_finds_pages_by_their_words(
    qtbot: QtBot, project_window: ProjectWindow
) -> None:
    project_window.program_commands.show_help()
    help_ = shown(project_window)
    qtbot.waitUntil(help_.isActiveWindow, timeout=20_000)
    QTest.keyClick(help_, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(help_.search, "OpenPose DeepLabCut")
    assert help_.contents.count() == 1
    assert "OpenPose" in help_.contents.item(0).text()
    QTest.keyClick(help_.search, Qt.Key.Key_Return)
    assert help_.shown == "files"
    help_.search.setFocus()
    help_.search.clear()
    assert help_.contents.count() == len(PAGES)
    QTest.keyClicks(help_.search, "xyzzy")
    assert help_.contents.count() == 0
    assert help_.nothing.isVisible()
    QTest.keyClick(help_, Qt.Key.Key_Escape)
    assert not help_.isVisible()


def test_the_help_of_the_start_page_tells_the_keys_of_all_commands(
    qtbot: QtBot,
) -> None:
    settings = Settings()
    settings.keys = {"split": ("Ctrl+Alt+7",)}
    window = MainWindow(settings)
    qtbot.addWidget(window)
    start_window = window.welcome()
    activate(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert start_window.program_commands.help is not None
    assert start_window.program_commands.help.isVisible()
    assert start_window.program_commands.help.shown == PAGES[0]
    assert "{key:" not in start_window.program_commands.help.page.toPlainText()
    start_window.program_commands.help.open_page("keys")
    lines = start_window.program_commands.help.page.toPlainText().splitlines()
    assert ["Ctrl+Alt+7", "Split at playhead"] in [
        lines[n : n + 2] for n in range(len(lines))
    ]
    start_window.program_commands.help.close()


def test_another_word_for_a_thing_finds_pages_where_none_has_the_word() -> None:
    pages = [HelpPage("a", "A", "# A\nand keys"), HelpPage("b", "Keys", "# Keys")]
    assert [(p.name, said) for p, said in find(pages, "Hotkeys")] == [
        ("b", "Keys"),
        ("a", "A and keys"),
    ]
    assert find(pages, "camera") == []


def test_the_pages_are_plain_text_files() -> None:
    for path in help_folder().glob("*.md"):
        text = Path(path).read_text(encoding="utf-8")
        assert text.endswith("\n")
        assert "\t" not in text


def test_a_page_that_is_read_follows_the_keys(project_window: ProjectWindow) -> None:
    project_window.program_commands.show_help()
    help_ = shown(project_window)
    help_.open_page("labelling")
    table = project_window.commands
    table.set_keymap(table.keymap.with_keys("split", ("Ctrl+Alt+7",)))
    assert "Ctrl+Alt+7" in help_.page.toPlainText()


def test_the_table_of_keys_can_be_read_back(project_window: ProjectWindow) -> None:
    project_window.program_commands.show_help()
    help_ = shown(project_window)
    help_.open_page("keys")
    lines = help_.page.toPlainText().splitlines()
    for _, text, keys in project_window.commands.key_texts.rows():
        assert [keys, text] in [lines[n : n + 2] for n in range(len(lines))], text
