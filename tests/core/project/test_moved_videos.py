"""Videos that were moved: found by name, known by what is in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from skelseg_core.cli.main import cli
from skelseg_core.errors import ProjectError
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import run
from skelseg_core.project.copies.moved_videos import (
    find_videos,
    missing_videos,
    relocated,
)
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import Project
from skelseg_core.project.project_edits import add_video
from skelseg_core.video.reader import VideoReader
from tests.videos import write_images, write_streams, write_video

N = {"one": 20, "two": 24}


@pytest.fixture
def project(tmp_path: Path) -> tuple[ProjectFolder, Project]:
    """A project of two videos that lie in folders of their own."""
    folder, made = create_project(tmp_path / "kitchen", label_map_from_names("ab"))
    for name, n_frames in N.items():
        (tmp_path / name).mkdir()
        path = write_video(tmp_path / name / "camera.mp4", n_frames)
        made = add_video(made, probe_video(path, folder, made))
    folder.save(made)
    return folder, made


def move(tmp_path: Path, name: str, to: str) -> Path:
    path = tmp_path / to
    path.parent.mkdir(parents=True, exist_ok=True)
    return (tmp_path / name / "camera.mp4").rename(path)


def where(folder: ProjectFolder, project: Project) -> list[Path]:
    return [folder.video_path(v.video, project.media_roots) for v in project.tracks]


def test_nothing_is_missing_where_nothing_was_moved(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    assert run(missing_videos(*project)) == []
    search = run(find_videos(*project, tmp_path))
    assert (search.found, search.missing) == ({}, ())
    assert relocated(project[1], search) == project[1]


def test_one_of_the_same_name_is_found_below_the_folder(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    path = move(tmp_path, "one", "disk/2026/camera.mp4")
    folder, before = project
    search = run(find_videos(folder, before, tmp_path / "disk"))
    assert (dict(search.found), search.missing) == ({"camera": path}, ())
    after = relocated(before, search)
    assert where(folder, after) == [path, tmp_path / "two/camera.mp4"]
    assert after.tracks == before.tracks, "the path of others stays"
    folder.save(after, before)
    assert ProjectFolder(folder.root).load() == after
    assert run(missing_videos(folder, after)) == []


def test_a_search_says_how_far_it_is_before_it_has_looked_at_every_video(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    move(tmp_path, "two", "disk/2026/camera.mp4")
    steps = list(find_videos(*project, tmp_path / "disk"))
    looked = [
        (s.done, s.total) for s in steps if s.step == "looking for missing videos"
    ]
    assert looked == [(0, 2), (1, 2)]
    folders = [s.step for s in steps if s.step.startswith("folder")]
    assert folders == ["folder 1: disk", "folder 2: 2026"]


def test_hidden_folders_are_not_searched(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, before = project
    # What a rubbish bin or a snapshot holds is not where somebody put the video.
    move(tmp_path, "one", "disk/.Trash-1000/files/camera.mp4")
    search = run(find_videos(folder, before, tmp_path / "disk"))
    assert (dict(search.found), search.missing) == ({}, ("camera",))
    kept = (tmp_path / "disk/.Trash-1000").rename(tmp_path / "disk/kept")
    search = run(find_videos(folder, before, tmp_path / "disk"))
    assert dict(search.found) == {"camera": kept / "files/camera.mp4"}


def test_another_of_the_same_name_is_not_taken_for_it(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    move(tmp_path, "one", "gone/camera.mp4")
    search = run(find_videos(*project, tmp_path / "two"))
    assert (search.found, search.missing) == ({}, ("camera",))


def test_two_of_one_name_go_each_to_its_own(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    paths = [move(tmp_path, n, f"disk/{n}-again/camera.mp4") for n in ("one", "two")]
    folder, before = project
    search = run(find_videos(folder, before, tmp_path / "disk"))
    assert search.missing == ()
    assert where(folder, relocated(before, search)) == paths


def test_one_in_whose_place_another_was_seen_is_looked_for(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, before = project
    path = move(tmp_path, "one", "disk/camera.mp4")
    other = write_video(tmp_path / "one/camera.mp4", 31)
    assert run(missing_videos(folder, before)) == [], "nobody has looked at it"
    VideoReader(other).close()
    assert run(missing_videos(folder, before)) == [before.videos[0]]
    search = run(find_videos(folder, before, tmp_path / "disk"))
    assert dict(search.found) == {"camera": path}
    after = relocated(before, search)
    assert where(folder, after) == [path, tmp_path / "two/camera.mp4"]


def test_another_that_lies_in_a_root_is_not_taken_for_good(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, before = project
    first = move(tmp_path, "one", "disk/camera.mp4")
    search = run(find_videos(folder, before, tmp_path / "disk"))
    after = relocated(before, search)
    second = move(tmp_path, "two", "more/camera.mp4")
    # Its name leads to the other one, whose frames are not those that were labelled.
    assert where(folder, after) == [first, first]
    assert run(missing_videos(folder, after)) == [after.videos[1]]
    search = run(find_videos(folder, after, tmp_path / "more"))
    assert where(folder, relocated(after, search)) == [first, second]


def test_a_renamed_one_is_found_by_what_is_in_it(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.mp4").write_bytes(b"no video")
    path = move(tmp_path, "two", "disk/P07.MP4")
    folder, before = project
    search = run(find_videos(folder, before, tmp_path / "disk"))
    assert (dict(search.found), search.missing) == ({"camera-2": path}, ())
    after = relocated(before, search)
    assert after.track("camera-2").video.path == "../disk/P07.MP4"
    assert after.media_roots == ()


def test_images_and_streams_are_found(tmp_path: Path) -> None:
    folder, made = create_project(tmp_path / "kitchen", label_map_from_names("ab"))
    images = write_images(tmp_path / "take", range(12))
    rig = write_streams(tmp_path / "rig.mkv", (0, 100))
    for path in (f"{images}#10fps", f"{images}/img_%05d.png#20fps", f"{rig}#2"):
        made = add_video(made, probe_video(Path(path), folder, made))
    (tmp_path / "disk").mkdir()
    images.rename(tmp_path / "disk/take")
    rig.rename(tmp_path / "disk/rig-7.mkv")
    assert len(run(missing_videos(folder, made))) == 3
    search = run(find_videos(folder, made, tmp_path / "disk"))
    assert search.missing == ()
    after = relocated(made, search)
    assert where(folder, after) == [
        tmp_path / "disk/take#10fps",
        tmp_path / "disk/take/img_%05d.png#20fps",
        tmp_path / "disk/rig-7.mkv#2",
    ]


def test_a_file_is_no_folder_to_look_in(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match="is not a folder"):
        run(find_videos(*project, tmp_path / "one/camera.mp4"))


def test_the_command_says_where_they_are(
    project: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    path = move(tmp_path, "one", "disk/camera.mp4")
    root, disk = str(project[0].root), str(tmp_path / "disk")
    first = CliRunner().invoke(cli, ["find", root, disk])
    assert (first.exit_code, first.output) == (0, f"camera: {path}\n")
    again = CliRunner().invoke(cli, ["find", root, disk])
    assert (again.exit_code, again.output) == (0, "No video is missing.\n")
    path.unlink()
    lost = CliRunner().invoke(cli, ["find", root, disk])
    assert lost.exit_code == 2
    assert "Not found in" in lost.output
    assert "camera;" in lost.output
