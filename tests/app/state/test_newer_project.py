"""A project that a newer skelseg wrote: it opens, says so, and stays as it is."""

from __future__ import annotations

import json

from pytestqt.qtbot import QtBot

from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened


def test_it_is_looked_at_and_not_changed(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    path = project_folder.project_file
    newer = {**json.loads(path.read_text()), "schema": 99, "moods": ["good"]}
    path.write_text(json.dumps(newer))
    before = path.read_bytes()
    with opened(qtbot, project_folder) as window:
        bar, document = window.docks.messages, window.document
        assert "was written by a newer skelseg (schema 99)" in bar.text.text()
        assert not bar.help.isVisible()
        bar.close_message()
        edit = lambda s: paint(s, 0, 5, 1)  # noqa: E731
        assert not document.edit_lane("Paint", "one", edit)
        assert "update skelseg" in bar.text.text()
        assert not list((project_folder.root / ".claims").glob("*.json"))
        assert window.docks.saved.text() == "Read only"
        assert not document.unsaved
    assert path.read_bytes() == before
