"""`skelseg assist` as a script uses it: a process, and lines of JSON both ways."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pytest

from skelseg_core.child_process import module_command
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.progress import run
from skelseg_core.project.claims import Claims
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.project import ANNOTATION, add_video, edit_lane, set_lane
from skelseg_core.tasks.train import train
from tests.poses_only import CLASSES, item, waving

N = 160
SMALL: dict[str, Any] = {
    "model": {
        "modalities": ["keypoints"],
        "n_features": 8,
        "n_prediction_layers": 3,
        "n_refinement_layers": 2,
        "n_refinement_stages": 0,
    },
    "train": {"epochs": 3, "fusion_epochs": 1, "min_steps": 0},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two recordings, of which one is labelled, and a model of it."""
    root = tmp_path_factory.mktemp("assist") / "p"
    folder, before = create_project(root, label_map_from_names(CLASSES), "lcrnet15")
    ids = before.label_map.ids
    labels = np.repeat([ids[0], ids[1], ids[0], ids[2]], N // 4)
    project = add_video(before, item("a", labels))
    project = add_video(project, item("b", np.full(N, -1)))
    for name in ("a", "b"):
        save_poses(folder.poses_path(name), waving(N), f"poses-{name}")
    folder.save(project, before)
    run(train(str(root), "m", SMALL, threads=1))
    return root


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "p"))


class Script:
    """A script that talks to ``skelseg assist``."""

    def __init__(self, root: Path, *more: str, video: str = "b") -> None:
        arguments = ["assist", str(root), video, "--model", "m", "--json-lines", *more]
        self.process = subprocess.Popen(
            module_command("skelseg_core.cli.main", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.first = self.read()

    def __enter__(self) -> Script:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def say(self, line: bytes) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return self.read()

    def do(self, verb: str, **values: object) -> Any:
        return self.say(json.dumps({"do": verb, **values}).encode())

    def end(self) -> tuple[int, bytes, bytes]:
        """Close the input; return the exit code and what is left of both outputs."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def script(root: Path) -> Iterator[Script]:
    with Script(root) as script:
        yield script


def annotation(root: Path, video: str = "b") -> Segmentation:
    return ProjectFolder(root).load().video(video).annotation


def framewise(lane: Any) -> list[int | None]:
    return [class_id for start, stop, class_id in lane for _ in range(start, stop)]


def test_a_script_corrects_a_video_and_saves_it(root: Path, script: Script) -> None:
    assert set(script.first) == {"lane", "proposal", "item", "error"}
    assert script.first["error"] is None
    assert script.first["item"] is None
    assert [s[1] for s in script.first["lane"]][-1] == N
    ids = ProjectFolder(root).load().label_map.ids
    beside = framewise(script.first["lane"])
    new = next(i for i in ids if i not in (beside[9], beside[60]))
    painted = script.do("paint", start=10, stop=60, **{"class": new})
    assert [10, 60, new] in painted["lane"]
    assert script.do("accept", start=10, stop=60)["error"] is None
    wrong = script.do("move", frame=10, to=N)
    assert wrong["lane"] == painted["lane"]
    assert wrong["error"]
    stop = next(s for s in painted["lane"] if s[0] == 60)[1]
    moved = script.do("move", frame=60, to=min(70, stop - 1))
    assert [10, min(70, stop - 1), new] in moved["lane"]
    shown = script.do("next")
    assert shown["item"] is None or set(shown["item"]) == {"start", "stop", "why"}
    assert annotation(root).n_labelled == 0
    last = script.do("quit")
    assert last["lane"] == moved["lane"]
    assert last["error"] is None
    assert script.end()[:2] == (0, b"")
    saved = annotation(root)
    assert [(s.start, s.stop, s.class_id) for s in saved.segments] == [
        tuple(s) for s in last["lane"]
    ]
    made = saved.at(30)
    assert made.reviewed
    assert made.source == "human"
    others = [s for s in saved.segments if s is not made]
    assert others
    assert not any(s.class_vouched for s in others)


def test_every_session_of_looking_ends(script: Script) -> None:
    looks = 0
    while script.do("next")["item"] is not None:
        looks += 1
        assert looks <= N


def test_without_quit_nothing_is_written(root: Path, script: Script) -> None:
    script.do("relabel", frame=3, **{"class": 1})
    code, out, _ = script.end()
    assert (code, out) == (0, b"")
    assert annotation(root).n_labelled == 0


def test_what_a_person_labelled_stands(root: Path) -> None:
    folder = ProjectFolder(root)
    before = folder.load()
    ids = before.label_map.ids
    said = Segmentation(
        (
            Segment(0, 50, ids[2]).as_reviewed(),
            Segment(50, 90),
            Segment(90, N, ids[0], "model", confidence=0.5),
        )
    )
    folder.save(set_lane(before, "b", ANNOTATION, said), before)
    with Script(root) as script:
        assert script.first["lane"][0] == [0, 50, ids[2]]
        assert None not in framewise(script.first["lane"])
        script.do("quit")
        assert script.end()[0] == 0
    saved = annotation(root)
    assert saved.segments[0] == said.segments[0]
    assert all(s.source == "model" for s in saved.segments[1:])


def test_labels_of_somebody_else_are_kept_beside(root: Path, script: Script) -> None:
    folder = ProjectFolder(root)
    path, there = folder.labels_path("b"), folder.load()
    a, b = there.label_map.ids[:2]
    folder.save(edit_lane(there, "b", lambda s: paint(s, 0, 9, a)), there)
    theirs = path.read_bytes()
    script.do("relabel", frame=3, **{"class": b})
    assert script.do("quit")["error"] is None
    code, _, err = script.end()
    assert code == 0
    assert b"b.conflict-" in err
    (kept,) = path.parent.glob("b.conflict-*.json")
    assert kept.read_bytes() == theirs
    assert annotation(root).n_labelled == N


def test_a_project_that_went_away_is_an_error_and_the_end(
    root: Path, script: Script
) -> None:
    script.do("relabel", frame=3, **{"class": 1})
    (root / "project.json").unlink()
    assert "is gone" in script.do("quit")["error"]
    code, out, err = script.end()
    assert (code, out) == (2, b"")
    assert b"is gone" in err


def test_nonsense_is_answered_line_by_line(script: Script) -> None:
    for line in (b"", b"x", b"[1]", b"\xff", b'{"do": "next", ', b"9" * (1 << 21)):
        answer = script.say(line)
        assert answer["error"]
        assert answer["lane"] == script.first["lane"]
    assert script.do("next")["error"] is None


@pytest.mark.parametrize("wrong", [("b", "other"), ("nowhere", "m")])
def test_what_is_not_there_is_one_sentence(root: Path, wrong: tuple[str, str]) -> None:
    video, model = wrong
    arguments = ["assist", str(root), video, "--model", model, "--json-lines"]
    done = subprocess.run(
        module_command("skelseg_core.cli.main", *arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_video_that_somebody_labels_is_refused(root: Path) -> None:
    with Script(root):  # a script that corrects it
        arguments = ["assist", str(root), "b", "--model", "m", "--json-lines"]
        done = subprocess.run(
            module_command("skelseg_core.cli.main", *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"b is being labelled on" in done.stderr
    with Script(root) as second:  # the first was killed
        assert second.first["error"] is None


def test_what_was_done_before_a_take_over_is_kept_beside(root: Path) -> None:
    with Script(root) as script:
        script.do("paint", start=0, stop=10, **{"class": 1})
        there = ProjectFolder(root).labels_path("b").read_bytes()
        window = Claims(root, "Anna")
        window.take_over("b")
        answer = script.do("quit")
        code, _, told = script.end()
        window.close()
    assert "by Anna" in answer["error"]
    assert code == 2
    assert ProjectFolder(root).labels_path("b").read_bytes() == there
    (kept,) = (root / "labels").glob("b.conflict-*.json")
    assert kept.name.encode() in told


def remove(root: Path, video: str) -> None:
    """Take a video out of the project, as somebody else does."""
    path = root / "project.json"
    raw = json.loads(path.read_text())
    raw["videos"] = [v for v in raw["videos"] if v["id"] != video]
    path.write_text(json.dumps(raw))


def test_a_video_that_was_removed_meanwhile_stays_where_it_was_labelled(
    root: Path, script: Script
) -> None:
    script.do("relabel", frame=3, **{"class": 1})
    remove(root, "b")
    assert script.do("quit")["error"] is None
    assert script.end()[0] == 0
    assert annotation(root).at(3).class_id == 1


def test_one_that_was_removed_and_not_labelled_anew_is_an_error(root: Path) -> None:
    before = ProjectFolder(root).labels_path("a").read_bytes()
    with Script(root, video="a") as script:
        remove(root, "a")
        error = script.do("quit")["error"]
        assert error is not None
        assert "a is no video of the project any more" in error
        assert script.end()[0] == 2
    path = ProjectFolder(root).labels_path("a")
    assert str(path) in error
    assert path.read_bytes() == before
