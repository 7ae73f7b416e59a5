"""The bar of messages: the newest is seen, none is lost, old news goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.notices import Notices
from app.kit.settings import Settings
from app.services.jobs import Jobs
from app.services.models.pose_service import PoseService
from app.state.document import open_document
from app.views import messages as messages_module
from app.views.dialogs.import_labels import ImportLabelsDialog
from app.views.messages import MessageBar
from app.window.main_window import MainWindow
from skelseg_core.engine.worker_process import Worker
from skelseg_core.errors import SkelsegError
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from tests.app.conftest import N_FRAMES
from tests.app.windows import activate, warns


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    made = MessageBar(Notices())
    qtbot.addWidget(made)
    return made


def seen(bar: MessageBar) -> tuple[str, str]:
    return bar.text.text(), bar.count.text() if not bar.count.isHidden() else ""


def test_the_newest_is_seen_and_the_older_ones_can_be_read(bar: MessageBar) -> None:
    left = Qt.MouseButton.LeftButton
    bar.notices.warn("one")
    assert seen(bar) == ("one", "")
    bar.notices.warn("two")
    bar.notices.warn("three")
    assert seen(bar) == ("three", "1 of 3")
    assert not bar.newer.isEnabled()
    QTest.mouseClick(bar.older, left)
    QTest.mouseClick(bar.older, left)
    assert seen(bar) == ("one", "3 of 3")
    assert not bar.older.isEnabled()
    QTest.mouseClick(bar.newer, left)
    QTest.mouseClick(bar.closing, left)
    assert seen(bar) == ("one", "2 of 2")
    # Said again, it is the newest.
    bar.notices.warn("one")
    assert seen(bar) == ("one", "1 of 2")
    bar.notices.close_all()
    assert bar.isHidden()
    assert not warns(bar)


def test_news_stands_before_a_warning_and_gives_its_place_back(
    qtbot: QtBot, bar: MessageBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages_module, "NEWS_MS", 50)
    helps = QAction("Help me", bar)
    bar.notices.warn("a warning", helps)
    bar.notices.say("news")
    assert seen(bar) == ("news", "1 of 2")
    assert not warns(bar)
    assert bar.help.isHidden()
    # A warning that comes meanwhile leaves it readable.
    bar.notices.warn("another")
    assert seen(bar) == ("another", "1 of 3")
    qtbot.waitUntil(lambda: bar.number == 2)
    assert seen(bar) == ("another", "1 of 2")
    bar.close_message()
    assert seen(bar) == ("a warning", "")
    assert not bar.help.isHidden()
    bar.notices.helped(helps)
    assert bar.isHidden()


def test_what_is_no_longer_true_goes(qtbot: QtBot, bar: MessageBar) -> None:
    jobs = Jobs(Worker(), about=bar.notices.about)
    jobs.failed.connect(bar.notices.warn)

    def reading(fault: str) -> Task[str]:
        yield Progress("reading")
        if fault:
            raise SkelsegError(fault)
        return "read"

    def run(title: str, fault: str = "") -> None:
        jobs.start(title, reading(fault), bar.notices.say)
        qtbot.waitUntil(lambda: not jobs.running)

    run("Import anna", "read is not a class")
    run("Import ben", "ben has 4 frames too many")
    run("Import ben", "ben has 5 frames too many")
    assert seen(bar) == ("ben has 5 frames too many", "1 of 2")
    run("Import anna")
    assert seen(bar) == ("read", "1 of 2")
    bar.close_message()
    assert seen(bar) == ("ben has 5 frames too many", "")
    with bar.notices.about("train"):
        bar.notices.warn("There is no model yet.")
    assert seen(bar) == ("There is no model yet.", "1 of 2")
    with bar.notices.about("train"):
        pass
    assert seen(bar) == ("ben has 5 frames too many", "")
    run("Import ben")
    assert not bar.notices.says("ben has 5 frames too many")
    jobs.close()


def test_in_the_window(
    qtbot: QtBot,
    project_folder: ProjectFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PoseService, "by_itself", False)
    monkeypatch.setattr(messages_module, "NEWS_MS", 50)
    (tmp_path / "one.mp4").rename(tmp_path / "away.mp4")
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    project_window = window.fill(open_document(project_folder))
    activate(qtbot, window)
    project_window.start()
    bar, timeline = project_window.docks.messages, project_window.docks.timeline
    qtbot.waitUntil(lambda: "one.mp4 is missing" in bar.text.text(), timeout=20_000)
    # A refused key, and then another: the first is old news, the file is still gone.
    project_window.session.set_video("two")
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    timeline.setFocus()
    QTest.keyClick(timeline, Qt.Key.Key_9)
    assert seen(bar) == ("No class has the key 9.", "1 of 2")
    QTest.keyClick(timeline, Qt.Key.Key_M)
    assert "No class has" not in bar.text.text()
    assert bar.count.text() == "1 of 2"
    QTest.keyClick(timeline, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: "one.mp4 is missing" in bar.text.text())
    assert seen(bar)[1] == ""
    # What a file said is refused, too, and no key makes that older.
    short = tmp_path / "two.csv"
    short.write_text("frame,label\n5,walk\n")
    importer = project_window.services.files.label_importer
    importer.begin([short])
    qtbot.waitUntil(lambda: "two.csv, line 2: frame is '5'" in bar.text.text())
    QTest.keyClick(timeline, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: bar.count.text() == "1 of 2")
    short.write_text("frame,label\n" + "".join(f"{n},walk\n" for n in range(N_FRAMES)))
    with qtbot.waitSignal(importer.asked):
        importer.begin([short])
    project_window.window.findChild(ImportLabelsDialog).ok.click()
    activate(qtbot, window)
    assert timeline.hasFocus()
    qtbot.waitUntil(lambda: bar.number == 1 and not project_window.jobs.running)
    assert "one.mp4 is missing" in bar.text.text()
    # A save that fails is said until one goes well.
    project_window.document.save_failed.emit("the disk is full")
    assert seen(bar) == ("the disk is full", "1 of 2")
    project_window.document.save()
    qtbot.waitUntil(lambda: not bar.notices.says("the disk is full"), timeout=20_000)
    # Put back, it is shown as soon as one comes back to the window.
    project_window.session.set_video("one")
    qtbot.waitUntil(lambda: project_window.player.missing, timeout=20_000)
    (tmp_path / "away.mp4").rename(tmp_path / "one.mp4")
    QApplication.sendEvent(project_window.window, QEvent(QEvent.Type.WindowActivate))
    qtbot.waitUntil(lambda: project_window.player.picture is not None, timeout=20_000)
    qtbot.waitUntil(bar.isHidden)
    # Who reached a button of the bar by keys is at the timeline when it goes.
    bar.notices.warn("a warning")
    bar.closing.setFocus()
    QTest.keyClick(bar.closing, Qt.Key.Key_Space)
    assert bar.isHidden()
    assert timeline.hasFocus()
    window.close()


def test_an_offer_stays_and_names_its_key(
    qtbot: QtBot, bar: MessageBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages_module, "NEWS_MS", 20)
    monkeypatch.setattr(bar, "underMouse", lambda: False)
    action = QAction("Mend them", bar)
    action.setShortcut("Y")
    bar.use(lambda _: action)
    bar.notices.offer("3 more places", "mend", about="alike")
    bar.notices.say("news")
    qtbot.waitUntil(lambda: bar.number == 1)
    assert seen(bar) == ("3 more places", "")
    assert not warns(bar)
    assert bar.help.text() == "Mend them (Y)"
    bar.notices.offer("2 more places", "mend", about="alike")
    assert seen(bar) == ("2 more places", "")
