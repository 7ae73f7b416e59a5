from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QListWidget
from pytestqt.qtbot import QtBot

from app.views.dialogs.report import ReportDialog
from skelseg_core.errors import SkelsegError
from skelseg_core.logs import LogFile, log_file
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.tasks.problem_report import ReportPart


@pytest.fixture
def dialog(
    qtbot: QtBot, tmp_path: Path, project_folder: ProjectFolder
) -> Iterator[ReportDialog]:
    handler = LogFile(log_file())
    handler.emit(logging.LogRecord("app", 20, "", 1, "opened a film", None, None))
    handler.close()
    made = ReportDialog(tmp_path / "settings.ini", project_folder.root)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.reject()


def names(files: QListWidget) -> list[str]:
    return [files.item(n).text().splitlines()[0] for n in range(files.count())]


def test_it_shows_what_the_report_holds_and_saves_that(
    dialog: ReportDialog, tmp_path: Path
) -> None:
    assert names(dialog.files) == ["versions.txt", "logs/skelseg.log"]
    assert "Qt: " in dialog.text.toPlainText()
    dialog.files.setCurrentRow(1)
    assert "opened a film" in dialog.text.toPlainText()
    assert not dialog.folder.isEnabled()
    dialog.write(tmp_path / "report")
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        assert archive.namelist() == names(dialog.files)
    assert "report.zip" in dialog.status.text()
    assert dialog.folder.isEnabled()


def test_labels_are_put_in_only_while_that_is_ticked(
    qtbot: QtBot, dialog: ReportDialog, tmp_path: Path
) -> None:
    dialog.labels.setChecked(True)
    qtbot.waitUntil(dialog.save.isEnabled)
    assert names(dialog.files)[2:] == [
        "project/project.json",
        "project/labels/one.json",
        "project/labels/two.json",
    ]
    dialog.labels.setChecked(False)
    dialog.write(tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        assert archive.namelist() == ["versions.txt", "logs/skelseg.log"]


def test_what_was_read_after_the_tick_is_gone_stays_out(
    qtbot: QtBot, dialog: ReportDialog
) -> None:
    dialog.labels.setChecked(True)
    assert dialog.job is not None
    dialog.job.runner.join()  # it is read, and the dialog has not heard of it yet
    dialog.labels.setChecked(False)
    QApplication.processEvents()
    assert names(dialog.files) == ["versions.txt", "logs/skelseg.log"]
    assert dialog.save.isEnabled()


def test_a_project_that_cannot_be_read_leaves_the_rest_of_the_report(
    qtbot: QtBot, dialog: ReportDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Path) -> Task[list[ReportPart]]:
        yield Progress("reading")
        raise SkelsegError("The disk is away.")

    monkeypatch.setattr("app.views.dialogs.report.project_parts", failing)
    dialog.labels.setChecked(True)
    qtbot.waitUntil(dialog.status.isVisible, timeout=10_000)
    assert dialog.status.text() == "The disk is away."
    assert dialog.save.isEnabled()
    assert not dialog.labels.isChecked()
    assert names(dialog.files) == ["versions.txt", "logs/skelseg.log"]


def test_a_report_that_cannot_be_saved_says_why(
    dialog: ReportDialog, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    dialog.write(tmp_path / "file" / "report.zip")
    assert "could not be written" in dialog.status.text()
    assert not dialog.folder.isEnabled()


def test_without_a_project_there_is_nothing_to_tick(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = ReportDialog(tmp_path / "settings.ini", None)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.labels.isVisible()
    dialog.reject()
