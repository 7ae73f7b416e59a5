"""Names that no project can hold, or only shortened: commands and window."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pytestqt.qtbot import QtBot

from app.state.document import open_document
from app.window.dropped_files import look_at
from skelseg_core.cli.main import cli
from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write, new_folder
from skelseg_core.labels.edits import paint
from skelseg_core.progress import run
from skelseg_core.project.copies.moved_videos import find_videos, relocated
from skelseg_core.project.folder import ProjectFolder
from tests.app.windows import opened
from tests.videos import write_video

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems refuse such names themselves"
)
NO_UTF8 = os.fsdecode(b"caf\xe9.mp4")
LONG = "手" * 83 + ".mp4"  # 253 bytes


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "film.mp4", 12)


@pytest.fixture
def empty(tmp_path: Path) -> ProjectFolder:
    classes = tmp_path / "classes.txt"
    classes.write_text("walk\nreach\n")
    said("init", tmp_path / "p", "--classes", classes)
    return ProjectFolder(tmp_path / "p")


def said(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_a_name_that_is_no_utf8_is_refused_by_the_commands(
    tmp_path: Path, film: Path, empty: ProjectFolder
) -> None:
    odd = film.rename(tmp_path / NO_UTF8)
    before = sorted(empty.root.rglob("*"))
    text = said("add", empty.root, odd, code=2)
    assert "caf?.mp4 has a name that is not valid UTF-8" in text
    assert "Traceback" not in text
    assert sorted(empty.root.rglob("*")) == before
    classes = tmp_path / "classes.txt"
    root = tmp_path / os.fsdecode(b"proj\xe9")
    text = said("init", root, "--classes", classes, code=2)
    assert "proj? has a name that is not valid" in text
    assert not root.exists()


def test_a_moved_video_below_a_name_that_is_no_utf8_is_refused(
    tmp_path: Path, film: Path, empty: ProjectFolder
) -> None:
    said("add", empty.root, film)
    place = tmp_path / os.fsdecode(b"old\xe9")
    place.mkdir()
    film.rename(place / film.name)
    text = said("find", empty.root, tmp_path, code=2)
    assert "old? has a name that is not valid" in text
    place.rename(tmp_path / "new")
    said("find", empty.root, tmp_path)
    search = run(find_videos(empty, empty.load(), tmp_path))
    assert relocated(empty.load(), search) == empty.load()


def test_a_dropped_name_that_is_no_utf8_is_refused_and_the_rest_is_saved(
    qtbot: QtBot, tmp_path: Path, film: Path, empty: ProjectFolder
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    shutil.copy(film, drop / "good.mp4")
    film.rename(drop / NO_UTF8)
    found = run(look_at([drop]))
    with opened(qtbot, empty) as project_window:
        project_window.services.models.pose_service.by_itself = False
        project_window.services.models.pose_service.cancel_estimate("good")
        project_window.services.files.video_files.add(found.videos)
        qtbot.waitUntil(
            lambda: project_window.document.project.has("good"), timeout=20_000
        )
        assert "caf?.mp4 has a name" in project_window.docks.messages.text.text()
        project_window.document.edit_lane("Paint", "good", lambda s: paint(s, 0, 5, 1))
        qtbot.waitUntil(lambda: not project_window.document.unsaved, timeout=20_000)
    document = open_document(ProjectFolder(empty.root))
    assert [v.id for v in document.project.tracks] == ["good"]
    document.close()


def test_a_long_name_is_shortened_so_that_all_its_files_fit(
    qtbot: QtBot, tmp_path: Path, film: Path, empty: ProjectFolder
) -> None:
    long = film.rename(tmp_path / LONG)
    said("add", empty.root, long)
    second = tmp_path / "second"
    second.mkdir()
    shutil.copy(long, second / LONG)
    said("add", empty.root, second / LONG)
    first, other = empty.load().tracks
    assert first.id == "手" * 66
    assert other.id == first.id + "-2"
    document = open_document(empty)
    document.edit_lane("Paint", first.id, lambda s: paint(s, 0, 5, 1))
    document.save_now()
    # Somebody else's version of it is kept under a name that is longer still.
    path = empty.labels_path(first.id)
    path.write_text(path.read_text().replace("human", "import"))
    document.edit_lane("Paint", first.id, lambda s: paint(s, 0, 9, 0))
    document.close()
    assert len(list(path.parent.glob("*.conflict-*"))) == 1
    assert ProjectFolder(empty.root).load() == document.project
    said("export", empty.root, "--out", tmp_path / "out")
    assert len(list((tmp_path / "out").glob("手*"))) == 4


def test_names_as_long_as_the_disk_allows_can_be_written(tmp_path: Path) -> None:
    name = "手" * 85  # 255 bytes
    atomic_write(tmp_path / name, "one")
    atomic_write(tmp_path / name, "two")
    assert (tmp_path / name).read_text() == "two"
    with new_folder(tmp_path / ("x" * 255)) as folder:
        atomic_write(folder / "a", "b")
    assert (tmp_path / ("x" * 255) / "a").read_text() == "b"
    with pytest.raises(ProjectError, match="choose a shorter one"):
        atomic_write(tmp_path / ("x" * 256), "b")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_text_that_utf8_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    atomic_write(path, "old")
    with pytest.raises(ProjectError, match=r"UTF-8 cannot hold .*'so\? it is'"):
        atomic_write(path, "so\ud800 it is")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
