"""Export replaces what skelseg wrote and nobody changed; all files appear, or none."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skelseg_core import files
from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.formats import export_folder as module
from skelseg_core.formats.export_folder import MANIFEST, export_folder
from skelseg_core.labels.prediction import Prediction, save_prediction
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import blank_video
from skelseg_core.project.project import Project, set_lane
from skelseg_core.tasks.export import export_csv
from tests.projects import N, make_project

ABOUT = {"schema": 1}


def write(out: Path, texts: dict[str, str], names: tuple[str, ...] = ()) -> None:
    with export_folder(out, names or tuple(texts), ABOUT) as made:
        for name, text in texts.items():
            atomic_write(made / name, text)


def content(folder: Path) -> dict[str, bytes | None]:
    """Files and folders below, by name, hidden ones too."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None
        for p in folder.rglob("*")
    }


def refusal(out: Path, texts: dict[str, str], names: tuple[str, ...] = ()) -> str:
    """The sentence of a refusal, which changes nothing."""
    before = content(out)
    with pytest.raises(ProjectError) as caught:
        write(out, texts, names)
    assert content(out) == before
    return str(caught.value)


def test_again_into_the_same_folder(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    write(out, {"a.csv": "1", "b.csv": "1"})
    write(out, {"a.csv": "2", "b.csv": "2"})
    assert {n for n in content(out)} == {"a.csv", "b.csv", MANIFEST}
    assert (out / "a.csv").read_text() == "2"
    # Of one video alone: what is there of others may still be replaced later.
    write(out, {"a.csv": "3"})
    write(out, {"a.csv": "4", "b.csv": "4"})
    assert (out / "b.csv").read_text() == "4"


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("mine")
    (tmp_path / "c.csv").write_text("mine")
    said = refusal(tmp_path, {"a.csv": "1", "b.csv": "1", "c.csv": "1"})
    assert said.startswith(f"{tmp_path / 'b.csv'} was not written by an export of")
    assert "(and 1 more cannot be replaced)" in said
    assert "choose an empty folder, or move these files away" in said
    write(tmp_path, {"a.csv": "1"})  # beside them is room
    assert (tmp_path / "b.csv").read_text() == "mine"


def test_what_somebody_changed_stays(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1", "b.csv": "1"})
    (tmp_path / "b.csv").write_text("corrected")
    said = refusal(tmp_path, {"a.csv": "2", "b.csv": "2"})
    assert said.startswith(f"{tmp_path / 'b.csv'} was changed since skelseg exported")
    (tmp_path / "b.csv").unlink()
    write(tmp_path, {"a.csv": "2", "b.csv": "2"})
    manifest = tmp_path / MANIFEST
    value = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**value, "notes": "of Monday"}))
    said = refusal(tmp_path, {"a.csv": "3"})
    assert said.startswith(f"{manifest} was changed")
    manifest.write_text(json.dumps(value))  # indented in another way
    write(tmp_path, {"a.csv": "3"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": 1, "tool": "skelseg", "videos": []}', "noted no checksums"),
        ('{"name": "my web app"}', "was not written by an export of skelseg"),
        ("[1", "was not written by an export of skelseg"),
        ('{"tool": "skelseg", "files": [], "manifest_sha256": ""}', "no checksums"),
    ],
)
def test_manifests_that_are_none_of_ours(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    assert said in refusal(tmp_path, {"a.csv": "1"})
    (tmp_path / "a.csv").write_text("1")
    assert said in refusal(tmp_path, {"a.csv": "1"})


def test_a_folder_that_is_written_whole(tmp_path: Path) -> None:
    write(tmp_path, {"v/1.json": "1", "v/2.json": "1"}, ("v/",))
    write(tmp_path, {"v/1.json": "2"}, ("v/",))
    assert {n for n in content(tmp_path)} == {"v", "v/1.json", MANIFEST}
    (tmp_path / "v" / "3.json").write_text("mine")
    assert "3.json was not written" in refusal(tmp_path, {"v/1.json": "3"}, ("v/",))
    (tmp_path / "w").write_text("mine")
    assert "w is no folder" in refusal(tmp_path, {"w/1.json": "1"}, ("w/",))


def test_links_and_folders_in_the_way(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other.csv"
    write(out, {"a.csv": "1"})
    other.write_bytes((out / "a.csv").read_bytes())
    (out / "a.csv").unlink()
    (out / "a.csv").symlink_to(other)
    assert "a.csv is a link" in refusal(out, {"a.csv": "2"})
    other.unlink()  # to nowhere now
    assert "a.csv is a link" in refusal(out, {"a.csv": "2"})
    assert not other.exists()
    (out / "a.csv").unlink()
    (out / "a.csv").mkdir()
    assert "a.csv is a folder" in refusal(out, {"a.csv": "2"})
    linked = tmp_path / "linked"
    linked.symlink_to(out)
    write(linked, {"b.csv": "1"})
    assert (out / "b.csv").read_text() == "1"


def test_two_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="would both be"):
        write(tmp_path, {"a.csv": "1"}, ("a.csv", "a.csv"))
    with pytest.raises(ProjectError, match="would both be"):
        write(tmp_path, {"a.csv": "1"}, ("a.csv", f"{MANIFEST}/"))
    write(tmp_path / "cases", {"a.csv": "1", "A.csv": "2"})
    monkeypatch.setattr(module, "ignores_case", lambda folder: True)
    with pytest.raises(ProjectError, match="would both be"):
        write(tmp_path / "more", {"a.csv": "1", "A.csv": "2"})
    assert not (tmp_path / "more").exists()


def test_two_exports_at_once(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with export_folder(out, ("a.csv",), ABOUT) as made:
        atomic_write(made / "a.csv", "1")
        with (
            pytest.raises(ProjectError, match="Another process runs an export"),
            export_folder(out, ("a.csv",), ABOUT),
        ):
            pytest.fail("the block must not be entered")
    assert (out / "a.csv").read_text() == "1"
    assert {n for n in content(out)} == {"a.csv", MANIFEST}


@pytest.mark.skipif(os.name == "nt", reason="Windows locks in another way")
def test_a_disk_that_knows_no_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    write(tmp_path, {"a.csv": "1"})
    assert (tmp_path / "a.csv").read_text() == "1"


def test_somebody_writes_there_meanwhile(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def write_late() -> None:
        with export_folder(out, ("a.csv",), ABOUT) as made:
            atomic_write(made / "a.csv", "1")
            (out / "a.csv").write_text("mine")

    with pytest.raises(ProjectError, match="was not written by an export"):
        write_late()
    assert content(out) == {"a.csv": b"mine"}


class Fails:
    """Lets the n-th call of a function of the system fail."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def __call__(self, run: object) -> object:
        def call(*arguments: object, **options: object) -> object:
            self.calls += 1
            if self.calls == self.at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return run(*arguments, **options)  # type: ignore[operator]

        return call


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("name", ["replace", "fsync", "mkdir"])
def test_a_disk_that_fails_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, name: str
) -> None:
    out = tmp_path / "out"
    if there:
        write(out, {"a.csv": "1", "v/1.json": "1", "v/2.json": "1"}, ("a.csv", "v/"))
    before = content(tmp_path)
    real, at, fails = getattr(os, name), 0, Fails(1)
    while fails.calls >= at:
        at += 1
        fails = Fails(at)
        monkeypatch.setattr(os, name, fails(real))
        try:
            write(out, {"a.csv": "2", "b.csv": "2", "v/2.json": "2"}, ("a.csv", "v/"))
            before = content(tmp_path)
        except ProjectError:
            pass
        finally:
            monkeypatch.setattr(os, name, real)
        assert content(tmp_path) == before, f"{name} {at}"
    assert at > 2
    assert (out / "v/2.json").read_text() == "2"
    assert not (out / "v/1.json").exists()


def test_cancelled_between_two_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a.csv": "1", "b.csv": "1"})
    before, real = content(tmp_path), files.replace_file

    def cancel(source: str, target: Path) -> None:
        if target == tmp_path / "b.csv" and "new" in source:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(files, "replace_file", cancel)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, {"a.csv": "2", "b.csv": "2"})
    assert content(tmp_path) == before


KILLED = """
import os, sys
from pathlib import Path
from skelseg_core import files
from skelseg_core.formats.export_folder import export_folder

real, out, at = files.replace_file, Path(sys.argv[1]), int(sys.argv[2])
calls = 0

def replace(source, target):
    global calls
    calls += 1
    if calls == at:
        os._exit(9)
    real(source, target)

files.replace_file = replace
with export_folder(out, ("a.csv", "b.csv"), {"schema": 1}) as made:
    for name in ("a.csv", "b.csv"):
        files.atomic_write(made / name, "2")
"""


@pytest.mark.parametrize("at", range(1, 10))
def test_killed_at_any_step_it_can_be_run_again(tmp_path: Path, at: int) -> None:
    out = tmp_path / "out"
    write(out, {"a.csv": "1", "b.csv": "1"})
    command = [sys.executable, "-c", KILLED, str(out), str(at)]
    assert subprocess.run(command, check=False).returncode == 9
    write(out, {"a.csv": "3", "b.csv": "3"})
    assert {n for n in content(out)} == {"a.csv", "b.csv", MANIFEST}
    assert (out / "b.csv").read_text() == "3"


# -- labels -------------------------------------------------------------------------


@pytest.fixture
def made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[ProjectFolder, Project]:
    """A project whose videos need no file to be read."""
    monkeypatch.setattr(
        "skelseg_core.tasks.export.open_recording",
        lambda folder, item, roots: blank_video(item),
    )
    return make_project(tmp_path / "p")


def test_labels_are_exported_again_and_again(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    out = tmp_path / "out"
    done = run(export_csv(folder, project, out))
    assert sorted(p.name for p in done.files) == sorted(p.name for p in out.iterdir())
    assert not done.skipped
    run(export_csv(folder, project, out))
    value = json.loads((out / MANIFEST).read_text())
    assert value["label_map"][0]["name"] == "a"
    assert [v["id"] for v in value["videos"]] == ["v1", "v2"]
    assert set(value["files"]) == {p.name for p in out.iterdir()} - {MANIFEST}


def test_labels_named_after_the_videos_are_safe(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / "v2.csv").write_text("frame,label\n0,a\n")
    before = content(truth)
    with pytest.raises(ProjectError, match="was not written by an export of skelseg"):
        run(export_csv(folder, project, truth))
    assert content(truth) == before


def test_all_videos_that_lack_a_lane_are_named(
    made: tuple[ProjectFolder, Project], tmp_path: Path
) -> None:
    folder, project = made
    lane = Segmentation.from_frames(np.zeros(N, np.int64), "model")
    project = set_lane(project, "v1", "prediction:m", lane)
    chances = np.ones((N, 1), np.float32)
    nothing = np.zeros(N, bool)
    prediction = Prediction(chances, np.array([0]), lane, "", nothing, False)
    save_prediction(folder.prediction_path("v1", "m"), prediction)
    with pytest.raises(ProjectError, match=r"1 of 2 videos have no lane .* \(v2\)"):
        run(export_csv(folder, project, tmp_path / "out", "prediction:m"))
    assert not (tmp_path / "out").exists()
    done = run(
        export_csv(folder, project, tmp_path / "out", "prediction:m", skip_missing=True)
    )
    assert done.skipped == ("v2",)
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"v1.csv", "v1.segments.csv", MANIFEST}
    with pytest.raises(ProjectError, match="No video has a lane 'prediction:n'"):
        run(
            export_csv(
                folder, project, tmp_path / "o", "prediction:n", skip_missing=True
            )
        )
