"""Links in a project that somebody else made: nothing is written elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from skelseg_core.array_files import load_npz
from skelseg_core.errors import FormatError, MissingVideo, ProjectError
from skelseg_core.files import atomic_write, check_writable, new_folder
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run as finish
from skelseg_core.project.copies.save_copy import save_copy
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import load_labels
from skelseg_core.project.seen_files import SeenFiles
from skelseg_core.text_files import read_json
from skelseg_core.video.reader import VideoReader
from tests.projects import make_project, painted

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights there")


def poses() -> PoseSequence:
    shape = (5, 1, 17, 2)
    return PoseSequence(
        np.zeros(shape, np.float32), np.ones(shape[:-1], np.float32), "coco17",
        (64, 48), "x",
    )  # fmt: skip


def test_a_link_to_a_file_outside_is_replaced_itself(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    outside = tmp_path / "precious.npz"
    outside.write_bytes(b"precious")
    path = folder.poses_path("v1")
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(outside)
    save_poses(path, poses())
    assert outside.read_bytes() == b"precious"
    assert not path.is_symlink()
    assert load_npz(path)["scores"].shape == (5, 1, 17)


def test_a_label_file_behind_a_link_outside_is_read_and_then_ours(
    tmp_path: Path,
) -> None:
    folder, project = make_project(tmp_path / "p")
    path = folder.labels_path("v1")
    outside = tmp_path / "theirs.json"
    path.rename(outside)
    before = outside.read_bytes()
    path.symlink_to(outside)
    folder = ProjectFolder(folder.root)
    project = folder.load()
    folder.save(painted(project, 0, 9, 1), project)
    assert outside.read_bytes() == before
    assert not path.is_symlink()
    assert folder.load() == painted(project, 0, 9, 1)


def test_what_links_lead_to_elsewhere_is_passed_on_by_nothing(tmp_path: Path) -> None:
    """Who saves a stranger's project elsewhere passes it on."""
    folder, _ = make_project(tmp_path / "p")
    secret = tmp_path / "home" / "secret.json"
    secret.parent.mkdir()
    secret.write_text('{"password": "swordfish"}')
    names = (
        "labels/zz.json",
        "labels/v1.conflict-1.json",
        "annotators/q/r.json",
        "models/m/model.json",
    )
    for name in names:
        (folder.root / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / name).symlink_to(secret)
    (folder.root / "poses").symlink_to(secret.parent)
    left_out = finish(save_copy(folder, folder.load(), tmp_path / "new"))
    assert set(left_out) == {*names, "poses"}
    for path in (tmp_path / "new").rglob("*"):
        assert not path.is_file() or b"swordfish" not in path.read_bytes(), path


def test_links_within_a_project_are_followed(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    path, kept = folder.labels_path("v1"), folder.root / "kept.json"
    path.rename(kept)
    path.symlink_to(kept)
    atomic_write(path, "{}")
    assert path.is_symlink()
    assert kept.read_text() == "{}"


def test_what_cannot_be_read_behind_a_link_is_kept_and_the_link_stays(
    tmp_path: Path,
) -> None:
    folder, _ = make_project(tmp_path / "p")
    path, behind = folder.labels_path("v1"), folder.root / "behind"
    behind.mkdir()
    (behind / "note.txt").write_text("mine")
    path.unlink()
    path.symlink_to(behind)
    (aside,) = SeenFiles().write(path, "{}")
    assert path.is_symlink()
    assert behind.read_text() == "{}"
    assert (aside / "note.txt").read_text() == "mine"


def test_a_dangling_link_makes_no_file_elsewhere(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    path = folder.labels_path("v1")
    path.unlink()
    path.symlink_to(tmp_path / "autostart" / "x")
    atomic_write(path, "{}")
    assert not (tmp_path / "autostart").exists()
    assert not path.is_symlink()


def test_a_folder_behind_a_link_outside_is_refused(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    (tmp_path / "autostart").mkdir()
    (folder.root / "poses").symlink_to(tmp_path / "autostart")
    said = "out of the project, to .*autostart; skelseg writes nothing there"
    with pytest.raises(ProjectError, match=said):
        save_poses(folder.poses_path("v1"), poses())
    with pytest.raises(ProjectError, match=said):
        check_writable(folder.poses_path("v1"))
    assert not any((tmp_path / "autostart").iterdir())


def test_a_model_folder_that_is_a_dangling_link(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    folder.models_dir.mkdir()
    link = folder.models_dir / "m"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProjectError), new_folder(link) as made:
        (made / "a").write_text("x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_project_that_is_reached_by_a_link_is_written(tmp_path: Path) -> None:
    make_project(tmp_path / "p")
    (tmp_path / "short").symlink_to(tmp_path / "p")
    folder = ProjectFolder(tmp_path / "short")
    project = folder.load()
    folder.save(painted(project, 0, 9, 1), project)
    assert ProjectFolder(tmp_path / "p").load() == painted(project, 0, 9, 1)


def annexed(path: Path, here: bool) -> Path:
    """Put a file into git-annex, as a link, with or without its content."""
    key = path.parent.parent / ".git/annex/objects/aa/bb/SHA256E-s5--cc.json"
    key.parent.mkdir(parents=True)
    data = path.read_bytes()
    path.unlink()
    path.symlink_to(os.path.relpath(key, path.parent))
    if here:
        key.write_bytes(data)
        key.chmod(0o444)
    return key


def test_labels_in_git_annex_whose_content_is_here(tmp_path: Path) -> None:
    """What is under a checksum's name stays as it is; the link becomes a file."""
    folder, _ = make_project(tmp_path / "p")
    key = annexed(folder.labels_path("v1"), here=True)
    before = key.read_bytes()
    folder = ProjectFolder(folder.root)
    project = folder.load()
    folder.save(painted(project, 0, 9, 1), project)
    assert key.read_bytes() == before
    assert ProjectFolder(folder.root).load() == painted(project, 0, 9, 1)


def test_labels_in_git_annex_whose_content_is_not_here(tmp_path: Path) -> None:
    folder, _ = make_project(tmp_path / "p")
    path = folder.labels_path("v1")
    key = annexed(path, here=False)
    again = ProjectFolder(folder.root)
    assert again.load().track("v1").missing == {"annotation"}
    (note,) = again.notes
    assert note.startswith(f"The content of {path} is not here, only a pointer to it;")
    assert note.endswith('git annex get "v1.json". Then read the labels again.')
    with pytest.raises(FormatError, match=r'git annex get "v1.json"'):
        read_json(path)
    assert not key.exists()


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/annex/objects/SHA256E-s9--ab.json\n", "git annex get"),
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n",
            "git lfs pull",
        ),
    ],
)
def test_pointers_are_recognised(text: str, command: str, tmp_path: Path) -> None:
    """Labels, pose files and videos say how their content is got; a project opens."""
    folder, _ = make_project(tmp_path / "p")
    label, video = folder.labels_path("v1"), tmp_path / "film.mp4"
    table, array = tmp_path / "labels.csv", tmp_path / "poses.npz"
    for path in (label, video, table, array):
        path.write_text(text)
    again = ProjectFolder(folder.root)
    assert again.load().track("v1").missing == {"annotation"}
    assert command in again.notes[0]
    for read in (lambda: load_labels(table), lambda: load_npz(array)):
        with pytest.raises(FormatError, match=command):
            read()
    with pytest.raises(MissingVideo, match=rf'{command}.* "film.mp4"'):
        VideoReader(video)


def test_a_video_in_git_annex_whose_content_is_not_here(tmp_path: Path) -> None:
    video = tmp_path / "film.mp4"
    video.symlink_to(".git/annex/objects/x/y/SHA256E-s5--cc.mp4")
    with pytest.raises(
        MissingVideo, match=r"get it in that folder with: git annex get"
    ):
        VideoReader(video)
