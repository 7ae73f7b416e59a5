"""OpenPose's JSON folder (``--write_json``): one file per frame, people or not.

- Files: ``<anything>_000000000012_keypoints.json``, the last number is the frame, from
  0. Names without ``_keypoints`` are taken too. A missing file is a frame with nobody.
- ``people[].pose_keypoints_2d`` (``pose_keypoints`` before version 1.1) is x, y, score
  per keypoint. 25 keypoints are BODY-25, 18 are COCO-18; other tools write 17 of COCO.
  A person without keypoints of the body (face or hands only) is nobody.
- A missing keypoint is 0, 0, 0.
- ``person_id`` is [-1] or missing unless OpenPose tracked; then people are linked here.
- Coordinates are px of the video (``--keypoint_scale 0``). Files in 0..1 or -1..1
  (3 and 4) are noticed, since nobody fits into one pixel, and scaled by width - 1 and
  height - 1 as OpenPose does. px of another size (1 and 2) cannot be told apart.

Source: OpenPose, doc/02_output.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skelseg_core.errors import FormatError
from skelseg_core.files import atomic_write, new_folder
from skelseg_core.formats.descriptors import CandidateFile, PoseFormat
from skelseg_core.formats.pose_parts.detections import (
    Detection,
    TargetFrames,
    gather,
    need_skeleton,
    people,
    share_range,
)
from skelseg_core.formats.pose_parts.pose_text import (
    entries,
    flat,
    frame_number,
    json_text,
    triples,
)
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import Progress, Task
from skelseg_core.said import Said
from skelseg_core.text_files import read_json

LAYOUTS = {25: "body25", 18: "coco18", 17: "coco17"}

_TOLD_EVERY = 100
"""Frames between two reports of progress."""


class OpenPose(PoseFormat):
    """Folder of OpenPose with one JSON file per frame."""

    name = "openpose"
    title = "OpenPose"
    about = "A folder with a JSON file per frame; its name ends in the frame, from 0."
    cannot_hold = "names of keypoints; only body25, coco18 and coco17 are written."
    suffixes = (".json",)
    is_folder = True
    written_suffix = ""

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise a folder by the names of its files; refuse one of these files."""
        if file.is_folder:
            return any(name.endswith("_keypoints.json") for name in file.names)
        if isinstance(file.json, dict) and "people" in file.json:
            raise FormatError(
                "{} is one frame of OpenPose; choose the folder with all frames.",
                file.path,
            )
        return False

    def read(self, path: Path, target: TargetFrames) -> PoseSequence:
        """Read the files of a folder."""
        files = _files(path)
        found = [d for frame, file in files.items() for d in _detections(file, frame)]
        _scale(found, target.size)
        n_told = max(files) + 1 - target.first_frame
        return gather(path, found, target, LAYOUTS, "openpose", n_told)

    def write(
        self, path: Path, poses: PoseSequence, media: Path | None = None
    ) -> Task[None]:
        """Write a new folder; ``person_id`` is the index of axis M.

        The folder appears once all files are in it. A power cut soon after may empty
        some files: waiting for the disk after every file would take fifty times as
        long.
        """
        need_skeleton(poses, tuple(LAYOUTS.values()), "OpenPose files")
        frames: list[list[object]] = [[] for _ in range(poses.n_frames)]
        for frame, person, points in people(poses):
            frames[frame].append(
                {"person_id": [person], "pose_keypoints_2d": flat(points)}
            )
        with new_folder(path) as folder:
            for frame, persons in enumerate(frames):
                if frame % _TOLD_EVERY == 0:
                    yield Progress(Said("write {}", path.name), frame, len(frames))
                name = f"{path.name}_{frame:012d}_keypoints.json"
                text = json_text({"version": 1.3, "people": persons})
                atomic_write(folder / name, text, sync=False)


def _files(path: Path) -> dict[int, Path]:
    """Find the JSON file of each frame."""
    if not path.is_dir():
        raise FormatError(
            "{} is not a folder; OpenPose writes one file per frame, choose the "
            "folder with them.",
            path,
        )
    files: dict[int, Path] = {}
    for file in sorted(path.glob("*.json")):
        frame = frame_number(file.name, str(path))
        if frame in files:
            raise FormatError(
                "{} has two files of frame {}, {} and {}; keep the files of one video "
                "in a folder.",
                path,
                frame,
                files[frame].name,
                file.name,
            )
        files[frame] = file
    if not files:
        raise FormatError(
            "{} has no .json files; choose the output folder of OpenPose.", path
        )
    return files


def _detections(file: Path, frame: int) -> Iterator[Detection]:
    raw = read_json(file)
    if not isinstance(raw, dict) or "people" not in raw:
        raise FormatError(
            "{} is not a file of OpenPose (it lacks 'people'); remove it from the "
            "folder.",
            file,
        )
    for person in entries(raw["people"], file):
        where = f"{file}, frame {frame}"
        values = person.get("pose_keypoints_2d", person.get("pose_keypoints"))
        if values == []:
            continue
        yield Detection(frame, triples(values, where), _person_id(person))


def _person_id(person: object) -> str | None:
    raw = person.get("person_id") if isinstance(person, dict) else None
    value = raw[0] if isinstance(raw, list) and raw else raw
    return str(value) if type(value) is int and value >= 0 else None


def _scale(found: list[Detection], size: tuple[int, int]) -> None:
    """Convert shares of the picture to px, in place."""
    reach = share_range(found)
    if reach is None:
        return
    span = np.array(size) - 1.0
    for detection in found:
        xy = detection.points[:, :2]
        xy[:] = ((xy + 1) / 2 if reach[0] < -0.1 else xy) * span
