"""A project that a newer skelseg wrote: it opens, says so, and stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

from pytestqt.qtbot import QtBot

from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened


def test_it_is_looked_at_and_not_changed(
    qtbot: QtBot, project_folder: ProjectFolder, tmp_path: Path
) -> None:
    path = project_folder.project_file
    newer = {**json.loads(path.read_text()), "schema": 99, "moods": ["good"]}
    path.write_text(json.dumps(newer))
    (project_folder.root / "moods").mkdir()
    (project_folder.root / "moods" / "one.bin").write_bytes(b"new")
    before = path.read_bytes()
    with opened(qtbot, project_folder) as window:
        bar, document = window.docks.messages, window.document
        assert "was written by a newer skelseg (schema 99)" in bar.text.text()
        assert not bar.help.isVisible()
        bar.close_message()
        edit = lambda s: paint(s, 0, 5, 1)  # noqa: E731
        assert not document.edit_lane("Paint", "one", edit)
        assert "update skelseg" in bar.text.text()
        # A copy holds what this skelseg does not understand, too.
        target = tmp_path / "far" / "copy"
        with qtbot.waitSignal(document.moved, timeout=10_000):
            window.services.project_saver.save_as(target, models=False)
        copied = json.loads((target / "project.json").read_text())
        assert copied["moods"] == ["good"]
        assert copied["uuid"] != newer["uuid"]
        for name in ("labels/one.json", "moods/one.bin"):
            there = (project_folder.root / name).read_bytes()
            assert (target / name).read_bytes() == there
        assert document.folder.root == target
        item = document.project.video("one")
        assert document.folder.video_path(item).is_file()
        assert "was written by a newer skelseg (schema 99)" in " ".join(
            note.text for note in window.services.notices.all
        )
        assert not document.edit_lane("Paint", "one", edit)
        assert window.docks.saved.text() == "Read only"
        assert not document.unsaved
    assert path.read_bytes() == before
