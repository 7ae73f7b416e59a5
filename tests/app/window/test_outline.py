"""A command of the terminal that the window offers too is its task and a line."""

from __future__ import annotations

from pathlib import Path

from app.window.command_owners import project_table
from tests.commands import done
from tests.poses_only import make_poses_project


def test_it_is_a_command_of_both(tmp_path: Path) -> None:
    folder = make_poses_project(tmp_path / "p")
    out = tmp_path / "outline.txt"
    said = done("outline", folder.root, "--out", out, "--frames")
    lines = out.read_text(encoding="utf-8").splitlines()
    assert said == f"Wrote {len(lines)} lines to {out}.\n"
    assert folder.load().ids[0] in lines
    assert "--lane" in done("outline", "--help")
    command = next(c for c in project_table().commands if c.id == "outline")
    assert (command.top_menu, command.name) == ("File", "Export outline of the labels")
