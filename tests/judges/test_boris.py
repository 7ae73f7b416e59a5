"""BORIS itself opens what is written here, and what it writes is read here.

Runs where BORIS is (`requirements/judges-boris.txt`), and skips elsewhere. BORIS is a
program with a window and a player; its readers and writers are called without either.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import types
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from skelseg_core.formats.label_file import LabelledVideo, Remark
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisAggregated, BorisTabular
from skelseg_core.formats.labels.one_hot_csv import OneHotCsv
from skelseg_core.labels.people import people_of_text
from skelseg_core.labels.points import Point
from tests.labelled import NAMES, RATES, frames_of, read_back, uneven, video_of, written

Spans = list[tuple[str, int, int]]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("boris") is None, reason="BORIS is not installed"
)
# As `export_events.export_aggregated_events`, which needs the window, puts it there.
HEADER = (
    "Observation id", "Observation date", "Description", "Observation type", "Source",
    "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)",
    "Subject", "Observation duration by subject by observation", "Behavior",
    "Behavioral category", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)",
    "Media file name", "Image index start", "Image index stop",
    "Image file path start", "Image file path stop", "Comment start", "Comment stop",
)  # fmt: skip
LABELS = [0, 0, 1, 2, 2, -1, -1, 3, 4, 4, 4, 5, 6, 7, 8, 8, 0]


def part(name: str) -> Any:
    """Import a module of BORIS without its window and its player."""
    if "boris" not in sys.modules:
        spec = importlib.util.find_spec("boris")
        assert spec is not None
        package = types.ModuleType("boris")
        package.__path__ = list(spec.submodule_search_locations or [])
        sys.modules["boris"] = package
        player = types.ModuleType("boris.mpv2")
        player.sofile = ""  # type: ignore[attr-defined]
        sys.modules["boris.mpv2"] = player
    return importlib.import_module(f"boris.{name}")


@pytest.fixture
def video(tmp_path: Path) -> LabelledVideo:
    return film(tmp_path, LABELS)


def film(folder: Path, labels: list[int], **rest: Any) -> LabelledVideo:
    media = folder / "films" / "v 1.mp4"
    media.parent.mkdir(exist_ok=True)
    media.write_bytes(b"")
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return video_of(labels, media=media, out=out, **rest)


def opened(path: Path) -> dict[str, Any]:
    """Open a project by BORIS, which has to find nothing wrong with it."""
    functions = part("project_functions")
    _, changed, project, message = functions.open_project_json(str(path))
    assert "error" not in project
    assert not changed
    assert not message
    found = functions.check_project_integrity(project, "hh:mm:ss", str(path))
    assert found.replace("<br>", "") == ""
    for name, observation in project["observations"].items():
        ethogram = project["behaviors_conf"]
        said = functions.check_state_events_obs(name, ethogram, observation)
        assert said == (True, "No problem detected")
    return project


def chosen(project: dict[str, Any], subject: str) -> dict[str, Any]:
    codes = [b["code"] for b in project["behaviors_conf"].values()]
    return {
        "time": part("config").TIME_FULL_OBS,
        "selected subjects": [subject],
        "selected behaviors": codes,
        "include modifiers": False,
        "exclude behaviors": False,
        "start time": Decimal(0),
        "end time": Decimal(0),
    }


def aggregated(path: Path, subject: str = "No focal subject") -> Any:
    """Let BORIS pair the events of a project, as a table."""
    project = opened(path)
    (name,) = project["observations"]
    chooses = chosen(project, subject)
    table, _ = part("export_observation").export_aggregated_events(
        project, chooses, name
    )
    return table


def judged(path: Path, video: LabelledVideo) -> Spans:
    """List what BORIS says of each state: the class, and frames by its times."""
    edges = [video.times.start_s(n) for n in range(video.times.n_frames + 1)]

    def frame(text: str) -> int:
        return min(range(len(edges)), key=lambda n: abs(edges[n] - float(text)))

    rows = [dict(zip(HEADER, row, strict=True)) for row in aggregated(path)]
    found = [(r["Behavior"], frame(r["Start (s)"]), frame(r["Stop (s)"])) for r in rows]
    return sorted(found, key=lambda span: span[1])


def given(video: LabelledVideo) -> Spans:
    return [(name, start, stop) for start, stop, name in video.named()]


@pytest.mark.parametrize("rate", [*RATES, 0])
def test_boris_opens_what_is_written(tmp_path: Path, rate: float) -> None:
    times = None if rate else uneven(len(LABELS))
    video = film(tmp_path, LABELS, rate=rate or 1, times=times)
    (path,) = written(Boris(), tmp_path / "out", video)
    assert judged(path, video) == given(video)


def tracks(folder: Path) -> list[LabelledVideo]:
    """Two tiers of two people of one video; both tiers have a class "walk"."""
    made = []
    for n, person in enumerate(("Ann", "Bo")):
        whole = film(folder, LABELS, people=(person,))
        about = {"video": "v 1", "person": person}
        gait = replace(whole, **about, id=f"v 1@@{n}", tier="Gait")  # type: ignore[arg-type]
        hand = video_of(
            [-1, *[0] * 6, *[1] * 10], names=("walk", "hold"), people=(person,)
        )
        other = {"id": f"v 1@hand@{n}", "tier": "Hand", "media": whole.media}
        made += [gait, replace(hand, **about, **other)]  # type: ignore[arg-type]
    touch = video_of([-1] * 17, names=("touch",), people=("Bo",), media=made[0].media)
    marks = {
        "points": True,
        "marks": (Point(4, 0),),
        "comments": (Remark(4, 5, "odd", False),),
    }
    own = {"id": "v 1@touch", "video": "v 1", "person": "Bo", "tier": "Touch"}
    made.append(replace(touch, **marks, **own))  # type: ignore[arg-type]
    return made


def test_boris_opens_two_tiers_of_two_people(tmp_path: Path) -> None:
    own = tracks(tmp_path)
    (path,) = written(Boris(), tmp_path / "out", *own)
    project = opened(path)
    assert project["behavioral_categories"] == ["Gait", "Hand", "Touch", "comments"]
    (events,) = (o["events"] for o in project["observations"].values())
    points = [
        (e[1], e[2], e[4]) for e in events if float(e[0]) == 0.16 and e[2] not in NAMES
    ]
    assert points == [("Bo", "touch", ""), ("Bo", "comment (Touch)", "odd")]
    categories = {b["code"]: b["category"] for b in project["behaviors_conf"].values()}
    for track in own[:4]:
        rows = [
            dict(zip(HEADER, row, strict=True))
            for row in aggregated(path, track.person)
        ]
        found = [
            (r["Behavior"].removesuffix(f" ({track.tier})"), float(r["Start (s)"]))
            for r in rows
            if categories[r["Behavior"]] == track.tier
        ]
        wanted = [
            (name, track.times.start_s(start)) for start, _, name in track.named()
        ]
        assert sorted(found) == [
            (n, pytest.approx(t, abs=0.001)) for n, t in sorted(wanted)
        ]


def test_boris_notices_one_boundary_one_frame_off(
    tmp_path: Path, video: LabelledVideo
) -> None:
    other = film(tmp_path, [*LABELS[:2], 0, *LABELS[3:]])
    (path,) = written(Boris(), tmp_path / "out", other)
    assert judged(path, video) != given(video)


def test_boris_notices_a_state_without_an_end(
    tmp_path: Path, video: LabelledVideo
) -> None:
    (path,) = written(Boris(), tmp_path / "out", video)
    value = json.loads(path.read_text())
    value["observations"]["v 1"]["events"].pop()
    path.write_text(json.dumps(value))
    with pytest.raises(AssertionError, match="not PAIRED"):
        opened(path)


def exported(path: Path, folder: Path, kind: str, subject: str) -> Path:
    """Let BORIS export the events of a project."""
    project = opened(path)
    (name,) = project["observations"]
    export = part("export_observation")
    chooses = chosen(project, subject)
    made = folder / f"{kind}.csv"
    observation = project["observations"][name]
    if kind == "tabular":
        ethogram = project["behaviors_conf"]
        done = export.export_tabular_events(
            project, chooses, name, observation, ethogram, str(made), "csv"
        )
        assert done[0], done
        return made
    if kind == "binary":
        tables = part("behavior_binary_table").create_behavior_binary_table(
            project, [name], chooses, Decimal("0.04")
        )
        made.write_bytes(tables[name][subject].export("csv").encode())
        return made
    table, n_modifiers = export.export_aggregated_events(project, chooses, name)
    at = HEADER.index("Behavior type")
    modifiers = [f"Modifier #{n + 1}" for n in range(n_modifiers)]
    table.headers = [*HEADER[:at], *modifiers, *HEADER[at:]]
    done = export.dataset_write(table, str(made), "csv")
    assert done[0], done
    return made


@pytest.mark.parametrize("subject", ["", "Ann"])
@pytest.mark.parametrize(
    "form", [BorisTabular(), BorisAggregated(), OneHotCsv()], ids=lambda f: f.name
)
def test_tables_that_boris_exports_are_read(
    tmp_path: Path, form: BorisTabular, subject: str
) -> None:
    video = film(tmp_path, LABELS, people=people_of_text(subject))
    (path,) = written(Boris(), tmp_path / "out", video)
    kind = form.name.removeprefix("boris-").replace("one-hot-csv", "binary")
    table = exported(path, tmp_path, kind, subject or "No focal subject")
    (track,) = read_back(form, table).tracks
    assert frames_of(track, video) == LABELS


def test_a_project_that_boris_saves_is_read(
    tmp_path: Path, video: LabelledVideo
) -> None:
    (path,) = written(Boris(), tmp_path / "out", video)
    project = opened(path)
    # As `core.save_project_json`, which needs the window, writes it.
    default = part("utilities").decimal_default
    path.write_text(json.dumps(project, default=default))
    read = read_back(Boris(), path)
    assert read.classes == NAMES
    assert frames_of(read.tracks[0], video) == LABELS


def two_videos(folder: Path) -> Path:
    """A project of two videos in a row with modifiers, points and an offset."""
    (path,) = written(Boris(), folder, video_of([0, 1]))
    value = json.loads(path.read_text())
    value["behaviors_conf"]["9"] = {
        **value["behaviors_conf"]["0"], "code": "call", "type": "Point event"
    }  # fmt: skip
    value["subjects_conf"] = {"0": {"key": "", "name": "Ann", "description": ""}}
    (observation,) = value["observations"].values()
    for name in ("a.mp4", "b.mp4"):
        (folder / name).write_bytes(b"")
    observation["file"]["1"] = ["a.mp4", "b.mp4"]
    observation["time offset"] = 2.5
    observation["media_info"] |= {
        "length": {"a.mp4": 10.0, "b.mp4": 6.5},
        "fps": {"a.mp4": 25.0, "b.mp4": 50.0},
    }
    observation["events"] = [
        [3.0, "Ann", "walk", "fast|None", "", 12],
        [4.0, "Ann", "call", "", "", 37],
        [5.125, "Ann", "walk", "fast|None", "", 65],
        [8.0, "Ann", "walk", "slow|left", "", 137],
        [14.0, "Ann", "walk", "slow|left", "", 75],
    ]
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize(
    "form", [BorisTabular(), BorisAggregated()], ids=lambda f: f.name
)
def test_tables_of_two_videos_say_what_the_project_says(
    tmp_path: Path, form: BorisTabular
) -> None:
    path = two_videos(tmp_path)
    kind = form.name.removeprefix("boris-")
    table = exported(path, tmp_path, kind, "Ann")

    def said(file: Any) -> list[Any]:
        return [
            (
                track.media,
                track.rate,
                track.picks,
                sorted((i.start, i.stop, i.name) for i in track.intervals),
            )
            for track in file.tracks
        ]

    project = read_back(Boris(), path, modifiers=True)
    assert said(read_back(form, table, modifiers=True)) == said(project)
    first, second = project.tracks
    assert [(i.start, i.stop, i.name) for i in first.intervals] == [
        (0.5, 2.625, "walk (fast)"),
        (5.5, 10.0, "walk (slow|left)"),
    ]
    assert [(i.start, i.stop) for i in second.intervals] == [(0.0, 1.5)]
