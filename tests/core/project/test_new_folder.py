from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write, new_folder


def test_a_folder_is_there_once_all_is_in_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with new_folder(target) as made:
        atomic_write(made / "a" / "b.txt", "text", sync=False)
        assert not target.exists()
        assert made.parent == target.parent
    assert (target / "a" / "b.txt").read_text() == "text"
    assert [p.name for p in target.parent.iterdir()] == ["out"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fill(target: Path) -> None:
        with new_folder(target) as made:
            atomic_write(made / "a.txt", "text")
            raise KeyboardInterrupt

    empty = tmp_path / "empty"
    empty.mkdir()
    for target in (tmp_path / "new", empty):
        with pytest.raises(KeyboardInterrupt):
            fill(target)
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]
    assert not list(empty.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_others_may_read_it_as_they_may_read_files(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = os.umask(0o027)
    try:
        for target, mode in ((tmp_path / "new", 0o750), (private, 0o700)):
            with new_folder(target) as made:
                atomic_write(made / "a.txt", "text")
            assert stat.S_IMODE(target.stat().st_mode) == mode
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new/a.txt").stat().st_mode) == 0o640


def fill_late(target: Path) -> None:
    """Somebody else makes the folder while it is filled."""
    with new_folder(target):
        target.mkdir()
        (target / "theirs").write_text("theirs")


def test_what_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("mine")
    cases = {
        tmp_path / "file": "is a file; choose another folder",
        tmp_path / "full": "already has files, which would mix",
        tmp_path / "file" / "below": "could not be made",
    }
    for target, words in cases.items():
        with pytest.raises(ProjectError, match=words), new_folder(target):
            pytest.fail("the block must not be entered")
    late = tmp_path / "late"
    with pytest.raises(ProjectError, match="could not be written"):
        fill_late(late)
    assert (late / "theirs").read_text() == "theirs"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full", "late"]
