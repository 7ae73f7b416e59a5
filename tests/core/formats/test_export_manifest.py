"""Export replaces what skelseg wrote and nobody changed; all files appear, or none."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skelseg_core import files
from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.formats import export_manifest as module
from skelseg_core.formats.export_manifest import MANIFEST, export_folder

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
    assert said.startswith(f"{tmp_path / 'b.csv'} was not exported by")
    assert "(and 1 more cannot be replaced)" in said
    assert "choose an empty folder, or move these files away" in said
    write(tmp_path, {"a.csv": "1"})  # beside them is room
    assert (tmp_path / "b.csv").read_text() == "mine"


def test_what_somebody_changed_stays(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1", "b.csv": "1"})
    (tmp_path / "b.csv").write_text("corrected")
    said = refusal(tmp_path, {"a.csv": "2", "b.csv": "2"})
    assert said.startswith(f"{tmp_path / 'b.csv'} was changed after skelseg exported")
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
    "text",
    [
        '{"schema": 1, "tool": "skelseg", "videos": []}',
        '{"name": "my web app"}',
        "[1",
        '{"tool": "skelseg", "files": [], "manifest_sha256": ""}',
    ],
)
def test_manifests_that_are_none_of_ours(tmp_path: Path, text: str) -> None:
    said = "was not exported by skelseg"
    (tmp_path / MANIFEST).write_text(text)
    assert said in refusal(tmp_path, {"a.csv": "1"})
    (tmp_path / "a.csv").write_text("1")
    assert said in refusal(tmp_path, {"a.csv": "1"})


def test_a_folder_that_is_written_whole(tmp_path: Path) -> None:
    write(tmp_path, {"v/1.json": "1", "v/2.json": "1"}, ("v/",))
    write(tmp_path, {"v/1.json": "2"}, ("v/",))
    assert {n for n in content(tmp_path)} == {"v", "v/1.json", MANIFEST}
    (tmp_path / "v" / "3.json").write_text("mine")
    assert "3.json was not exported" in refusal(tmp_path, {"v/1.json": "3"}, ("v/",))
    (tmp_path / "w").write_text("mine")
    assert "w is not a folder" in refusal(tmp_path, {"w/1.json": "1"}, ("w/",))


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
    with pytest.raises(ProjectError, match="exported files would be"):
        write(tmp_path, {"a.csv": "1"}, ("a.csv", "a.csv"))
    with pytest.raises(ProjectError, match="exported files would be"):
        write(tmp_path, {"a.csv": "1"}, ("a.csv", f"{MANIFEST}/"))
    write(tmp_path / "cases", {"a.csv": "1", "A.csv": "2"})
    monkeypatch.setattr(module, "ignores_case", lambda folder: True)
    with pytest.raises(ProjectError, match="exported files would be"):
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

    with pytest.raises(ProjectError, match="was not exported by"):
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
from skelseg_core.formats.export_manifest import export_folder

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


def test_files_of_others_are_replaced_where_that_was_asked_for(tmp_path: Path) -> None:
    def overwrite(texts: dict[str, str], names: tuple[str, ...] = ()) -> list[str]:
        replaced: list[Path] = []
        with export_folder(tmp_path, names or tuple(texts), ABOUT, replaced) as made:
            for name, text in texts.items():
                atomic_write(made / name, text)
        return [p.relative_to(tmp_path).as_posix() for p in replaced]

    (tmp_path / "b.csv").write_text("mine")
    (tmp_path / "c.csv").write_text("mine")
    (tmp_path / MANIFEST).write_text('{"name": "my web app"}')
    assert overwrite({"a.csv": "1", "b.csv": "1"}) == ["b.csv", MANIFEST]
    assert (tmp_path / "b.csv").read_text() == "1"
    assert (tmp_path / "c.csv").read_text() == "mine"
    assert overwrite({"a.csv": "2", "b.csv": "2"}) == []  # they are ours by now
    # In a folder that is written whole, what is in nobody's way is not removed.
    write(tmp_path, {"v/1.json": "1", "v/2.json": "1"}, ("v/",))
    (tmp_path / "v" / "1.json").write_text("corrected")
    (tmp_path / "v" / "3.json").write_text("mine")
    assert overwrite({"v/1.json": "2"}, ("v/",)) == ["v/1.json"]
    assert {p.name for p in (tmp_path / "v").iterdir()} == {"1.json", "3.json"}
    assert (tmp_path / "v" / "3.json").read_text() == "mine"
    # Not what lies elsewhere.
    (tmp_path / "d.csv").symlink_to(tmp_path / "c.csv")
    with pytest.raises(ProjectError, match="is a link"):
        overwrite({"d.csv": "1"})
    assert (tmp_path / "c.csv").read_text() == "mine"


def test_a_file_that_was_not_announced_replaces_nothing_of_others(
    tmp_path: Path,
) -> None:
    (tmp_path / "more.csv").write_text("mine")
    said = refusal(tmp_path, {"a.csv": "1", "more.csv": "1"}, ("a.csv",))
    assert "more.csv was not exported by" in said
