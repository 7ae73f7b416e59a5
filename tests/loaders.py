"""Every loader of skelseg with a valid file to begin with, for fuzzing.

A loader that refuses raises a `SkelsegError`. Caches and states of our own return
nothing instead; any other exception is a bug.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from skelseg_core.array_files import load_npy, load_npz, save_npy, save_npz
from skelseg_core.bundled import resource
from skelseg_core.config import load_preset
from skelseg_core.errors import FormatError, SkelsegError
from skelseg_core.estimators.pose_blocks import PoseBlocks
from skelseg_core.files import atomic_write
from skelseg_core.formats.dataset_arrays import load_features, load_pose_file
from skelseg_core.formats.dataset_text import load_floats, load_integers, load_mapping
from skelseg_core.formats.descriptors import CandidateFile, LabelFormat, ReadOptions
from skelseg_core.formats.export_manifest import export_folder
from skelseg_core.formats.labels.any_table import AnyTable
from skelseg_core.formats.labels.boris import Boris
from skelseg_core.formats.labels.boris_tables import BorisAggregated, BorisTabular
from skelseg_core.formats.labels.label_studio import LabelStudio
from skelseg_core.formats.labels.one_hot_csv import OneHotCsv
from skelseg_core.formats.poses_npz import (
    load_poses,
    load_poses3d,
    load_risk,
    save_poses,
    save_poses3d,
    save_risk,
)
from skelseg_core.formats.tables.table_mapping import TableMapping, saved_mapping
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.edits import paint
from skelseg_core.labels.prediction import Prediction, load_prediction, save_prediction
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.learning.folds import folds_of
from skelseg_core.poses.corrections import PlacedKeypoint
from skelseg_core.poses.poses3d import Poses3D
from skelseg_core.poses.sequence import PoseSequence, SubjectPick
from skelseg_core.poses.skeleton_file import read_skeleton
from skelseg_core.progress import run
from skelseg_core.project.class_files import is_class_list, load_classes
from skelseg_core.project.folder import ProjectFolder, create_project
from skelseg_core.project.history.journal import Journal
from skelseg_core.project.history.recovery import recover
from skelseg_core.project.imports.import_choices import ImportChoices
from skelseg_core.project.imports.label_files import load_label_file
from skelseg_core.project.imports.label_import import plan_import
from skelseg_core.project.imports.pose_files import load_pose_file as load_any_poses
from skelseg_core.project.imports.pose_files import save_pose_file
from skelseg_core.project.json import labels_from_json, labels_text
from skelseg_core.project.parts import changed_parts
from skelseg_core.project.project import Project, new_project
from skelseg_core.project.project_edits import add_annotator_lane, add_video, set_lane
from skelseg_core.project.proposed_people import load_people
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.review.transcript import read_order
from skelseg_core.tasks.importing import dataset_layout, load_dataset, survey
from skelseg_core.text_files import csv_lines, read_json, read_text
from skelseg_core.video.image_sequence import ImageCursor, build_image_index
from skelseg_core.video.index import VERSION as INDEX_VERSION
from skelseg_core.video.index import VideoIndex, cache_name, load_index, save_index
from skelseg_core.video.proxy import ProxyTable
from skelseg_core.video.reader import VideoReader, open_index
from skelseg_core.yaml_files import read_yaml
from tests.labelled import KEPT, video_of, written
from tests.mouse import MOUSE
from tests.projects import changed
from tests.videos import write_video

N = 24
"""Frames of every file."""
CLASSES = label_map_from_names(("walk", "reach", "stand"))
SIZE = (64, 48)


@dataclass(frozen=True)
class Loader:
    """A loader: its name, a file that it reads, and how."""

    name: str
    make: Callable[[Path], object]
    read: Callable[[Path], object]
    # How many times as long as others a mutant takes.
    cost: int = 1


def _lane() -> Segmentation:
    return Segmentation(
        (
            Segment(0, 6, 0).as_reviewed(),
            Segment(6, 12, 1, "model", confidence=0.75),
            Segment(12, 20),
            Segment(20, N, 2, "import", class_reviewed=True),
        )
    )


def _poses(people: int = 1) -> PoseSequence:
    points = np.random.default_rng(0).uniform(8, 40, (N, people, 17, 2))
    points[:, 1:] += 10
    scores = np.full((N, people, 17), 0.75, np.float32)
    return PoseSequence(points.astype(np.float32), scores, "coco17", SIZE, "hand")


def _prediction() -> Prediction:
    probabilities = np.full((N, 3), 1 / 3, np.float32)
    lane = Segmentation((Segment(0, N, 1, "model", confidence=0.5),))
    fixed = np.zeros(N, bool)
    return Prediction(probabilities, np.arange(3), lane, "key", fixed, False)


def _item(video_id: str = "v1") -> Track:
    lanes = {"annotation": _lane()}
    return Track.of_film(video_id, f"{video_id}.mp4", "f", N, *SIZE, 25.0, lanes)


def _project(root: Path) -> tuple[ProjectFolder, Project]:
    folder, project = create_project(root / "p", CLASSES)
    project = add_video(project, _item())
    project = add_annotator_lane(project, "v1", "Ann", _lane())
    path = folder.prediction_path("v1", "m")
    save_prediction(path, _prediction())
    from dataclasses import replace

    item = changed(
        project.track("v1"),
        notes="a note",
        picks=(SubjectPick(3, 1.5, 2.5),),
        corrections=(PlacedKeypoint(3, 0, 5, 1.5, 2.5),),
    )
    project = replace(project, tracks=(item,))
    folder.save(project)
    return folder, project


def _open(root: Path) -> object:
    project = ProjectFolder(root / "p").load()
    # Lanes are read when they are looked at.
    return [lane.segments for v in project.tracks for lane in v.lanes.values()]


def _journalled(root: Path) -> None:
    from dataclasses import replace

    folder, project = _project(root)
    journal = Journal(root / "journals" / "edits.jsonl", folder)
    painted = set_lane(project, "v1", "annotation", paint(_lane(), 2, 9, 2))
    noted = replace(painted, name="renamed")
    journal.record("paint", changed_parts(project, painted))
    journal.record("rename", changed_parts(painted, noted))
    journal.close()


def _recover(root: Path) -> object:
    folder = ProjectFolder(root / "p")
    journal = Journal(root / "journals" / "now.jsonl", folder)
    try:
        return recover(folder, folder.load(), journal)
    finally:
        journal.close()


def _text(name: str, text: str) -> Callable[[Path], object]:
    return lambda root: atomic_write(root / name, text, sync=False)


def _json(name: str, value: object) -> Callable[[Path], object]:
    return _text(name, json.dumps(value))


def _pose_file(name: str, form: str) -> Loader:
    def make(root: Path) -> None:
        task = save_pose_file(root / name, _poses(), form)
        if task is not None:
            run(task)

    def read(root: Path) -> object:
        return load_any_poses(root / name, size=SIZE, n_frames=N)

    return Loader(f"poses {form}", make, read)


def _coco_annotations() -> dict[str, Any]:
    from skelseg_core.poses.skeletons import load_skeleton

    values = [v for k in range(17) for v in (10 + k, 5 + k, 2)]
    images = [
        {"id": 900 + n, "file_name": f"img_{n:05d}.jpg", "width": 64, "height": 48}
        for n in range(N)
    ]
    people = [
        {"id": n, "image_id": 900 + n, "category_id": 1, "keypoints": values,
         "iscrowd": 0, "track_id": 1, "num_keypoints": 17, "bbox": [1, 2, 3, 4]}
        for n in range(N)
    ]  # fmt: skip
    names = [*load_skeleton("coco17").keypoints]
    categories = [{"id": 1, "name": "person", "keypoints": names}]
    return {"images": images, "annotations": people, "categories": categories}


def _landmarks() -> list[object]:
    mark = {"x": 0.4, "y": 0.5, "z": 0.0, "visibility": 0.9}
    return [{"pose_landmarks": [[dict(mark) for _ in range(33)]]} for _ in range(N)]


def _media_pipe_csv() -> str:
    head = ",".join(f"x{n},y{n},z{n},v{n}" for n in range(1, 34))
    row = ",".join(["0.4,0.5,0.0,0.9"] * 33)
    return head + "\n" + f"{row}\n" * N


def _labels(name: str, text: str, *picks: str) -> Loader:
    def read(root: Path) -> object:
        bare = {"annotation": Segmentation.unlabelled(N)}
        item = Track.of_film("v1", "", "poses-f", N, *SIZE, 25.0, bare)
        project = add_video(new_project("p", CLASSES), item)
        folder = ProjectFolder(root / "project")
        file = load_label_file(root / name)
        choices = ImportChoices(video="v1", picks=picks)
        plan = run(plan_import(folder, project, [file], choices))
        if plan.problems:
            raise FormatError("{}", plan.problems[0].text)
        return plan.apply(project)

    return Loader(f"labels {name}", _text(name, text), read)


def _eaf() -> str:
    """A file of ELAN with slots without a time, and parts of parts."""
    slots = [("s1", "0"), ("s2", "400"), ("s3", ""), ("s4", ""), ("s5", "960")]
    times = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{s}" TIME_VALUE="{ms}"/>'
        if ms
        else f'<TIME_SLOT TIME_SLOT_ID="{s}"/>'
        for s, ms in slots
    )

    def tier(name: str, above: str, *rows: str) -> str:
        parent = f'PARENT_REF="{above}"' if above else ""
        inner = "".join(f"<ANNOTATION>{row}</ANNOTATION>" for row in rows)
        return f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="t" {parent}>{inner}</TIER>'

    def between(name: str, first: str, last: str) -> str:
        return (
            f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="{first}" '
            f'TIME_SLOT_REF2="{last}"><ANNOTATION_VALUE>walk</ANNOTATION_VALUE>'
            "</ALIGNABLE_ANNOTATION>"
        )

    def below(name: str, above: str, before: str) -> str:
        after = f'PREVIOUS_ANNOTATION="{before}"' if before else ""
        return (
            f'<REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{above}" {after}>'
            "<ANNOTATION_VALUE>reach</ANNOTATION_VALUE></REF_ANNOTATION>"
        )

    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00Z" VERSION="3.0">'
        '<HEADER TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR TIME_ORIGIN="0" '
        'MEDIA_URL="file:///a/v1.mp4" MIME_TYPE="video/mp4"/>'
        '<PROPERTY NAME="fps">25</PROPERTY></HEADER>'
        f"<TIME_ORDER>{times}</TIME_ORDER>"
        + tier("top", "", between("a1", "s1", "s2"), between("a2", "s2", "s5"))
        + tier("parts", "top", between("a3", "s2", "s3"), between("a4", "s3", "s4"),
               between("a5", "s4", "s5"))
        + tier("refs", "parts", below("a6", "a4", ""), below("a7", "a4", "a6"))
        + '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="t" CONTROLLED_VOCABULARY_REF="v"/>'
        '<CONTROLLED_VOCABULARY CV_ID="v"><CV_ENTRY_ML CVE_ID="c1">'
        '<CVE_VALUE LANG_REF="und">walk</CVE_VALUE></CV_ENTRY_ML>'
        "</CONTROLLED_VOCABULARY></ANNOTATION_DOCUMENT>"
    )  # fmt: skip


def _via() -> str:
    attribute = {"aname": "action", "type": 4, "options": {"0": "walk", "1": "sit"}}
    return (
        f"# ATTRIBUTE = {json.dumps({'1': attribute})}\n"
        "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,"
        "spatial_coordinates,metadata\n"
        '"1_a","[""v1.mp4""]",0,"[0,0.4]","[]","{""1"":""0""}"\n'
        '"1_b","[""v1.mp4""]",0,"[0.4,0.96]","[]","{""1"":""1""}"\n'
        '"1_c","[""v1.mp4""]",0,"[0.4]","[2,1,1,5,5]","{""1"":""1""}"\n'
    )


def _cvat() -> str:
    def box(frame: int, outside: int) -> str:
        return (
            f'<box frame="{frame}" keyframe="1" outside="{outside}" xtl="0.00">'
            f'<attribute name="action">walk</attribute></box>'
        )

    return (
        "<annotations><version>1.1</version><meta><task><id>4</id><size>5</size>"
        "<start_frame>2</start_frame><stop_frame>22</stop_frame>"
        "<frame_filter>step=5</frame_filter><labels><label><name>person</name>"
        "<color>#ff0000</color><attributes><attribute><name>action</name><mutable>True"
        "</mutable><input_type>select</input_type></attribute></attributes></label>"
        "</labels><source>v1.mp4</source></task></meta>"
        f'<track id="0" label="person">{box(2, 0)}{box(12, 1)}</track>'
        f'<track id="1" label="person">{box(12, 0)}</track></annotations>'
    )


def _read_table(
    name: str, mapping: TableMapping | None = None
) -> Callable[[Path], object]:
    """Read a table, or say its columns where the mapping does not fit."""

    def read(root: Path) -> object:
        AnyTable().fits(CandidateFile(root / name))
        return AnyTable().read_file(root / name, ReadOptions(table=mapping))

    return read


def _table(name: str, text: str, mapping: TableMapping | None = None) -> Loader:
    mapping = mapping or TableMapping(unit="ms" if name == "a.txt" else None)
    return Loader(f"table {name}", _text(name, text), _read_table(name, mapping))


def _sheet(root: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["Beginn", "Ende", "Verhalten"], [0.5, 1.25, "gehen"]):
        book.active.append(row)
    book.save(root / "a.xlsx")


def _label_format(form: LabelFormat, made: object = None) -> Loader:
    """A label format of others: what is written of it is read, or ``made``."""
    name = f"a{form.written_suffix or form.suffixes[0]}"

    def make(root: Path) -> None:
        if isinstance(made, str):
            _text(name, made)(root)
        elif made is not None:
            _json(name, made)(root)
        else:
            video = video_of([0] * 6 + [1] * 6 + [-1] * 4 + [2] * (N - 16))
            (path,) = written(form, root, video)
            path.replace(root / name)

    def read(root: Path) -> object:
        path = root / name
        form.fits(CandidateFile(path))
        return form.read_file(path, ReadOptions(modifiers=True))

    kind = "" if made is None else " of others"
    return Loader(f"labels {form.name}{kind}", make, read)


def _boris() -> dict[str, Any]:
    """A project with two videos in a row, another player, points, images."""
    walk = {"code": "walk", "type": "State event", "color": "#aabbcc"}
    call = {"code": "call", "type": "Point event"}
    media = {
        "type": "MEDIA",
        "file": {"1": ["a.mp4", "b.mp4"], "2": ["c.mp4"]},
        "time offset": 1.5,
        "media_creation_date_as_offset": False,
        "media_info": {
            "length": {"a.mp4": 4.0, "b.mp4": 3.0},
            "fps": {"a.mp4": 25.0, "b.mp4": 25.0},
            "offset": {"1": 0.0, "2": -1.25},
        },
        "events": [
            [2.5, "Bo", "walk", "fast|None", "", 25],
            [3.0, "Bo", "call", "", "", 40],
            [6.5, "Bo", "walk", "fast|None", "", 125],
        ],
    }
    images = {
        "type": "IMAGES",
        "directories_list": ["i"],
        "events": [["NA", "", "walk", "", "", n, f"i/{n}.png"] for n in (3, 7)],
    }
    live = {"type": "LIVE", "events": [[n, "", "walk", "", ""] for n in (1, 2)]}
    return {
        "behaviors_conf": {"0": walk, "1": call},
        "observations": {"m": media, "i": images, "l": live},
    }


_AGGREGATED = (
    "Observation id,Media duration (s),Source,Subject,Behavior,Modifiers,Behavior type,"
    "Start (s),Stop (s),Comment start\n"
    "o,0.96,player #1:/a/v1.mp4,Bo,walk,fast,STATE,0.0,0.4,\n"
    "o,0.96,player #1:/a/v1.mp4,Bo,call,,POINT,0.2,0.2,\n"
    "o,0.96,player #1:/a/v1.mp4,Bo,sit,,STATE,0.4,0.96,odd\n"
)


def _cvat_archive() -> Loader:
    def make(root: Path) -> None:
        with zipfile.ZipFile(root / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("annotations.xml", _cvat())

    return Loader("labels a.zip", make, _labels("a.zip", "", "action").read)


def _tables() -> tuple[str, str]:
    frames = ["frame,time_s,class_id,label,segment,source,confidence,reviewed"]
    frames += [f"{n},{n / 25},0,walk,{n // 8},human,0.5,true" for n in range(N)]
    rows = "start_frame,stop_frame,label,source,reviewed,confidence,video\n"
    rows += "0,10,walk,human,true,,v1\n10,20,reach,model,false,0.5,v1\n"
    return "\n".join(frames) + "\n", rows


def _dataset(name: str, make: Callable[[Path], object]) -> Loader:
    def read(root: Path) -> object:
        src = root / "set"
        dataset_layout(src)
        dataset = load_dataset(name, src)
        return survey(dataset), [r.features() for r in dataset.recordings if r.features]

    return Loader(f"data set {name}", make, read)


def _uw(root: Path) -> None:
    src = root / "set"
    text = "base_dir: 'x'\nclasses: ('walking', 'standing',\n 'bend')\nNUMBER: 3\n"
    atomic_write(src / "config_UW_data.yml", text)
    save_npy(src / "Labels/uniquelabelnames.npy", np.array(["bend", "standing", "w"]))
    for name in ("01", "03"):
        save_npy(src / f"Poses/{name}_pose3d.npy", np.full((N, 15, 3), 0.5, "<f4"))
        save_npy(src / f"Labels/ClassNumber/{name}.npy", np.arange(N) // 12)
        atomic_write(src / f"RebaScoreFrameWise/{name}.txt", "2.0e+00\n" * N)


def _ms_tcn(root: Path) -> None:
    src = root / "set"
    atomic_write(src / "mapping.txt", "0 cut\n1 stir\n2 rest\n")
    for name in ("a", "b", "c"):
        atomic_write(src / f"groundTruth/{name}.txt", "cut\n" * 8 + "stir\n" * (N - 8))
        save_npy(src / f"features/{name}.npy", np.full((6, N), 0.5))
    atomic_write(src / "splits/train.split1.bundle", "a.txt\nc.txt\n")
    atomic_write(src / "splits/test.split1.bundle", "b.txt\n")


def _ms_gcn(root: Path) -> None:
    src = root / "set"
    atomic_write(src / "mapping.txt", "0 0.000e+00\n1 1.000e+00\n")
    for name in ("p1", "p2"):
        save_npy(src / f"features7/{name}_input.npy", np.full((3, N, 4, 1), 0.5))
        text = "0.000e+00\n" * 10 + "1.000e+00\n" * (N - 10)
        atomic_write(src / f"groundTruth_/{name}_output.csv", text)
    for side, name in (("train", "p1"), ("test", "p2")):
        path = src / f"splits_loso_validation/{side}.split1.bundle"
        atomic_write(path, f"{name}_output.csv\n")


def _tum(root: Path) -> None:
    atomic_write(root / "set/01.txt", "21\r\n" * 10 + "3\r\n" * (N - 10))
    atomic_write(root / "set/02.txt", "4\n" * N)
    atomic_write(root / "set/mapping.txt", "3 reach\n4 carry\n21 stand\n")
    save_npy(root / "set/Poses/01_pose3d.npy", np.full((N, 15, 3), 0.5))


def _desktop(root: Path) -> None:
    src = root / "set"
    atomic_write(src / "mapping/mapping.txt", "0 Pick_up_fan\n1 Background\n")
    text = "Pick_up_fan\n" * 10 + "Background\n" * (N - 10)
    atomic_write(src / "groundTruth/2020-04-19_14-03-25.txt", text)
    save_npy(src / "features/2020-04-19_14-03-25.npy", np.ones((N, 5)))
    (src / "videos").mkdir()


def _images(root: Path) -> None:
    (root / "set").mkdir()
    for n in range(3):
        picture = np.full((48, 64, 3), 40 * n, np.uint8)
        kind = "png"
        cv2.imwrite(str(root / "set" / f"img_{n:03d}.{kind}"), picture)


def _read_images(root: Path) -> object:
    index = run(build_image_index(root / "set"))
    return [ImageCursor(index).read(n) for n in range(len(index.files))]


def _exported(root: Path) -> None:
    with export_folder(root / "out", ["a.csv"], {"made": "x"}) as new:
        atomic_write(new / "a.csv", "frame,label\n0,walk\n")


def _export(root: Path) -> None:
    with export_folder(root / "out", ["a.csv"], {"made": "x"}) as new:
        atomic_write(new / "a.csv", "frame,label\n0,walk\n", sync=False)


def _annotator_file(root: Path) -> None:
    atomic_write(root / "theirs.json", labels_text(_lane()))


def create_project_value() -> Project:
    """A project without videos that lies nowhere."""
    from skelseg_core.project.project import new_project

    return new_project("p", CLASSES)


def _video(root: Path) -> None:
    write_video(root / "film.mp4", 6, size=(160, 96))


def _read_video(root: Path) -> object:
    with VideoReader(root / "film.mp4") as reader:
        return [reader.bgra(n) for n in range(min(6, len(reader)))]


def _index(root: Path) -> None:
    _video(root)
    # The film is as it was: only its index is spoiled.
    with VideoReader(root / "film.mp4") as reader:
        save_index(root / "film.mp4", _film(reader), root / "index")
    (root / "film.mp4").rename(root / "film.keep")


def _film(reader: VideoReader) -> VideoIndex:
    return run(open_index(reader.path))


def _load_index(root: Path) -> object:
    """The table of a file that is what it was; the spoiled one fits by its name."""
    film, kept = root / "film.mp4", next((root / "index").glob("*.npz"))
    film.write_bytes((root / "film.keep").read_bytes())
    try:
        now = root / "index" / cache_name(film, INDEX_VERSION)
        kept.replace(now)
        index = load_index(film, root / "index")
        now.replace(kept)
        return index
    finally:
        film.unlink()


def _read_people(root: Path) -> object:
    return load_people(root / "a.csv", add_video(create_project_value(), _item()))


def _folds(root: Path) -> None:
    folds = {"one": {"train": ["v1"], "test": ["v2"]}}
    atomic_write(root / "folds.json", json.dumps(folds))


def _blocks(root: Path) -> None:
    with mock.patch("skelseg_core.estimators.pose_blocks.BLOCK_S", -1.0):
        blocks = PoseBlocks(root, "f", N, SIZE)
        for _ in blocks.begin("hand"):
            pass
        blocks.add(lambda _: {"keypoints": np.zeros((1, 1, 17, 2), np.float32)})


def _read_blocks(root: Path) -> object:
    return list(PoseBlocks(root, "f", N, SIZE).begin("hand"))


def _jpegs(root: Path) -> None:
    (root / "set").mkdir()
    for n, kind in enumerate(("jpg", "bmp", "tif", "webp", "ppm")):
        folder = root / "set" / kind
        folder.mkdir()
        cv2.imwrite(str(folder / f"img_{n}.{kind}"), np.full((12, 16, 3), 90, np.uint8))


def _read_jpegs(root: Path) -> object:
    found: list[object] = []
    wrong: SkelsegError | None = None
    for folder in sorted((root / "set").iterdir()):
        try:
            found.append(ImageCursor(run(build_image_index(folder))).read(0))
        except SkelsegError as error:
            wrong = error
    if wrong is not None:
        raise wrong
    return found


_FRAMEWISE, _ROWS = _tables()

LOADERS: tuple[Loader, ...] = (
    Loader("text", _text("a.txt", "one\ntwo\n"), lambda r: read_text(r / "a.txt")),
    Loader("csv", _text("a.csv", _ROWS), lambda r: list(csv_lines(r / "a.csv"))),
    Loader("json", _json("a.json", {"a": [1]}), lambda r: read_json(r / "a.json")),
    Loader("yaml", _text("a.yaml", "a: [1, x]\n"), lambda r: read_yaml(r / "a.yaml")),
    Loader(
        "npz",
        lambda r: save_npz(r / "a.npz", {"a": np.arange(9), "b": np.array("x")}),
        lambda r: load_npz(r / "a.npz"),
    ),
    Loader(
        "npy",
        lambda r: save_npy(r / "a.npy", np.zeros((4, 3), np.float32)),
        lambda r: load_npy(r / "a.npy"),
    ),
    Loader("project", _project, _open, 4),
    Loader("journal", _journalled, _recover, 12),
    Loader(
        "label file",
        _annotator_file,
        lambda r: labels_from_json(read_json(r / "theirs.json"), "theirs.json"),
    ),
    Loader(
        "prediction",
        lambda r: save_prediction(r / "a.npz", _prediction()),
        lambda r: load_prediction(r / "a.npz").curves,
    ),
    Loader(
        "poses",
        lambda r: save_poses(r / "a.npz", _poses(), "f"),
        lambda r: load_poses(r / "a.npz", "coco17"),
    ),
    Loader(
        "3D poses",
        lambda r: save_poses3d(
            r / "a.npz", Poses3D(np.zeros((N, 15, 3), np.float32), "lcrnet15", "x")
        ),
        lambda r: load_poses3d(r / "a.npz").missing,
    ),
    Loader(
        "risk",
        lambda r: save_risk(r / "a.npz", np.ones(N)),
        lambda r: load_risk(r / "a.npz"),
    ),
    Loader(
        "proxy table",
        lambda r: save_npz(
            r / "table.npz", ProxyTable("k", "f", "p", np.arange(5)).arrays()
        ),
        lambda r: ProxyTable.load(r),
    ),
    Loader(
        "class list",
        _text("a.txt", "walk\nreach\nstand\n"),
        lambda r: (is_class_list(r / "a.txt"), load_classes(r / "a.txt")),
    ),
    Loader(
        "class mapping",
        _text("mapping.txt", "0 walk\n1 reach\n"),
        lambda r: load_classes(r / "mapping.txt"),
    ),
    Loader(
        "class yaml",
        _text(
            "a.yaml",
            "classes:\n- walk\n- name: reach\n  key: '2'\n  color: '#aabbcc'\n",
        ),
        lambda r: (is_class_list(r / "a.yaml"), load_classes(r / "a.yaml")),
        2,
    ),
    Loader(
        "skeleton",
        _text("mouse.yaml", MOUSE),
        lambda r: read_skeleton(r / "mouse.yaml"),
    ),
    Loader("mapping", _text("a.txt", "0 a\n"), lambda r: load_mapping(r / "a.txt")),
    Loader("integers", _text("a.txt", "1\n2\n"), lambda r: load_integers(r / "a.txt")),
    Loader("floats", _text("a.txt", "1.5\n2\n"), lambda r: load_floats(r / "a.txt")),
    Loader(
        "pose array",
        lambda r: save_npy(r / "a.npy", np.zeros((N, 15, 3))),
        lambda r: load_pose_file(r / "a.npy", "lcrnet15", 15, "x"),
    ),
    Loader(
        "features",
        lambda r: save_npy(r / "a.npy", np.zeros((N, 15), np.float32)),
        lambda r: load_features(r / "a.npy", "TD"),
    ),
    _labels("frames.csv", _FRAMEWISE),
    _labels("rows.csv", _ROWS),
    _table("a.csv", "Beginn;Ende;Verhalten;Tier\n0,5;1,25;gehen;a\n1,25;2;sit;b\n"),
    _table("a.tsv", "0:00:01.5\t0:00:02.5\twalk\n0:00:03\t0:00:04\tsit\n"),
    _table("a.txt", "100 2000 walk_prep\n2000 3000 walk_core\n"),
    _table(
        "b.csv",
        "Time,Behavior,Event\n1.5,walk,state start\n2.5,walk,state stop\n",
        TableMapping(start="Time", label="2", event="Event", unit="s"),
    ),
    Loader("table xlsx", _sheet, _read_table("a.xlsx"), 8),
    Loader(
        "table mappings",
        _json("a.json", {"a\tb": {"start": "a", "unit": "frame", "levels": ["x"]}}),
        lambda r: saved_mapping(r / "a.json", ("a", "b")),
    ),
    _labels("frames.txt", "walk\n" * 12 + "reach\n" * (N - 12)),
    _labels("a.eaf", _eaf(), "parts"),
    _labels("a.via.csv", _via()),
    _labels("a.xml", _cvat(), "action"),
    _cvat_archive(),
    _label_format(Boris()),
    _label_format(Boris(), _boris()),
    _label_format(BorisTabular()),
    _label_format(BorisAggregated(), _AGGREGATED),
    _label_format(LabelStudio(), (KEPT / "label-studio.json").read_text()),
    _label_format(OneHotCsv()),
    _pose_file("people", "openpose"),
    _pose_file("coco.json", "coco"),
    _pose_file("dlc.csv", "dlc"),
    _pose_file("plain.csv", "csv"),
    Loader(
        "poses coco annotations",
        _json("a.json", _coco_annotations()),
        lambda r: load_any_poses(r / "a.json", size=SIZE, n_frames=N),
    ),
    Loader(
        "poses mediapipe json",
        _json("a.json", _landmarks()),
        lambda r: load_any_poses(r / "a.json", size=SIZE, n_frames=N),
        2,
    ),
    Loader(
        "poses mediapipe csv",
        _text("a.csv", _media_pipe_csv()),
        lambda r: load_any_poses(r / "a.csv", size=SIZE, n_frames=N),
    ),
    _dataset("uw-iom", _uw),
    _dataset("ms-tcn", _ms_tcn),
    _dataset("ms-gcn", _ms_gcn),
    _dataset("tum-kitchen", _tum),
    _dataset("desktop-assembly", _desktop),
    Loader("images", _images, _read_images, 4),
    Loader("pictures of other kinds", _jpegs, _read_jpegs, 4),
    Loader("video", _video, _read_video, 8),
    Loader("video index", _index, _load_index, 2),
    Loader("folds", _folds, lambda r: folds_of(r / "folds.json")),
    Loader("people", _text("a.csv", 'video,people\nv1,"anna, ben"\n'), _read_people),
    Loader("pose blocks", _blocks, _read_blocks),
    Loader(
        "preset",
        lambda r: atomic_write(
            r / "a.yaml", (resource("presets") / "keypoints-heatmap.yaml").read_bytes()
        ),
        lambda r: load_preset(str(r / "a.yaml")),
        4,
    ),
    Loader("export", _exported, _export, 8),
    Loader(
        "order",
        _text("a.txt", "walk\n...\nreach\n"),
        lambda r: read_order(read_text(r / "a.txt"), CLASSES, "a.txt"),
    ),
)  # fmt: skip


def torch_loaders() -> tuple[Loader, ...]:
    """Loaders of weights, which take seconds to import."""
    import shutil

    from skelseg_core.learning.model_info import load_info
    from skelseg_core.learning.models.checkpoint import load_model
    from skelseg_core.learning.numpy_network import open_network
    from skelseg_core.learning.training_state import load_state
    from skelseg_core.torch_tools.weights import read_weights

    demo = resource("demo") / "models"
    model = min(demo.glob("*/model.safetensors"), key=lambda p: p.stat().st_size).parent

    def state(root: Path) -> None:
        import safetensors.torch
        import torch

        header = {"key": "k", "stage": "s", "epoch": 1, "finished": ["a"],
                  "history": []}  # fmt: skip
        arrays = {"now.x": torch.ones(3), "finished.a.y": torch.ones(2)}
        data = safetensors.torch.save(arrays, metadata={"run": json.dumps(header)})
        atomic_write(root / "state.safetensors", data)

    def weights(root: Path) -> None:
        import torch

        torch.save({"state_dict": {"a": torch.ones(3)}}, root / "a.pt")

    def tensors(root: Path) -> None:
        import safetensors.torch
        import torch

        atomic_write(
            root / "a.safetensors", safetensors.torch.save({"a": torch.ones(3)})
        )

    def copied(root: Path) -> None:
        shutil.copytree(model, root / "m")

    return (
        Loader(
            "model description",
            lambda r: shutil.copytree(
                model,
                r / "m",
                ignore=lambda _, names: {n for n in names if n != "model.json"},
            ),
            lambda r: load_info(r / "m"),
        ),
        Loader("model", copied, lambda r: load_model(r / "m"), 30),
        Loader(
            "model without torch",
            copied,
            lambda r: open_network(r / "m", load_info(r / "m")),
            30,
        ),
        Loader("training state", state, lambda r: load_state(r, "k"), 2),
        Loader("weights pt", weights, lambda r: read_weights(r / "a.pt"), 2),
        Loader("weights", tensors, lambda r: read_weights(r / "a.safetensors"), 2),
    )
