"""Clips of segments: one video file for each, in a folder for each class.

The frames are exactly those of the segment, with the video's own times, and the sound
of that time. A table says what each file shows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skelseg_core.choices import takes
from skelseg_core.errors import ProjectError
from skelseg_core.file_names import portable_name, same_name, short_name
from skelseg_core.files import atomic_write
from skelseg_core.formats.export_manifest import MANIFEST, export_folder, manifest
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segment
from skelseg_core.predictions.lanes import exported_lane, with_predicted
from skelseg_core.progress import Parts, Progress, Task, mapped, uncounted
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.project import Project, Track
from skelseg_core.project.tracks import matching_tracks
from skelseg_core.said import Said, counted
from skelseg_core.tasks.export_labels import skipped_text, videos_with_lane
from skelseg_core.tasks.labelled_videos import signed
from skelseg_core.tasks.pictures.picture_choices import ClipsChoices
from skelseg_core.tasks.pictures.render import SUFFIX, read_frames, write_frames
from skelseg_core.video.reader import open_index
from skelseg_core.video.times import FrameTimes

TABLE = "clips.csv"
HEADER = (
    "file",
    "video",
    "start_frame",
    "stop_frame",
    "start_s",
    "stop_s",
    "class",
    "source",
    "reviewed",
)
"""Columns of the table; frames are half-open."""
MOST_FILES = 100_000
"""Clips that are written at once, at most."""
MAX_FOLDER_BYTES = 100
"""Longest name of the folder of a class."""
_RESERVED = (TABLE, MANIFEST)


@takes(ClipsChoices)
def clips(root: str, out: str, choices: ClipsChoices) -> Task[dict[str, Any]]:
    """Write one MP4 file for each labelled segment of a lane, and a table of them.

    All files appear, or none; files of others are not replaced.

    Parameters
    ----------
    root : str
        Folder of the project.
    out : str
        Folder to write to; each class has a folder in it.
    choices : ClipsChoices

    Returns
    -------
    dict
        ``said``, ``folder``, ``n_clips``, ``n_frames``, and ``notes``: sentences on
        what was left out.

    Raises
    ------
    ProjectError, VideoError, FormatError
        Where there is no such class, no segment to write, a video cannot be read, or
        files in ``out`` are not skelseg's to replace.
    """
    folder, lane = ProjectFolder(Path(root)), choices.lane
    wanted = matching_tracks(choices.videos, folder.video_ids())
    project = folder.load_only(wanted) if wanted else folder.load()
    project = project.segments_in(choices.tier)
    ids = _class_ids(project.classes, choices.classes)
    project = with_predicted(folder, project, [lane])
    items, lacking = videos_with_lane(
        folder, project, lane, choices.videos, skip_missing=True
    )
    notes = [skipped_text(lacking, lane)] if lacking else []
    work, about = [], []
    for item in items:
        if not item.has_video:
            notes.append(Said("{} has no video for clips.", item.id))
            continue
        whole, said = exported_lane(folder, project, item, lane)
        work.append((item, [s for s in whole.segments if s.class_id in ids]))
        of_whom = {"id": item.id, "file": Path(item.path).name, **signed(item, lane)}
        about.append({**of_whom, **said})
    n_clips = sum(len(segments) for _, segments in work)
    if not 0 < n_clips <= MOST_FILES:
        raise ProjectError(
            "{} would be written; choose at least 1 and at most {:,}.",
            counted(n_clips, "segment"),
            MOST_FILES,
        )
    target, folders = Path(out), _folders(project.classes)
    names = [_name(folders, item, s) for item, segments in work for s in segments]
    parts = Parts([sum(map(len, segments)) for _, segments in work])
    rows: list[tuple[object, ...]] = [HEADER]
    about_all = manifest(project.classes, about)
    with export_folder(target, [TABLE, *names], about_all) as new:
        for item, segments in work:
            made = _of_video(folder, project, item, segments, folders, new)
            more, said_of_it = yield from parts.part(made)
            rows += more
            notes += said_of_it
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        atomic_write(new / TABLE, text.getvalue())
        yield Progress("clips", n_clips, n_clips, whole=1.0)
    n_frames = sum(len(s) for _, segments in work for s in segments)
    written = Said("{} of {}", counted(n_clips, "clip"), counted(n_frames, "frame"))
    return {
        "said": Said("Wrote {} to {}.", written, target),
        "folder": str(target),
        "n_clips": n_clips,
        "n_frames": n_frames,
        "notes": list(dict.fromkeys(notes)),
    }


def _of_video(
    folder: ProjectFolder,
    project: Project,
    item: Track,
    segments: Sequence[Segment],
    folders: Mapping[int, str],
    new: Path,
) -> Task[tuple[list[tuple[object, ...]], list[str]]]:
    """Write the clips of a video; return their rows of the table, and notes."""
    rows: list[tuple[object, ...]] = []
    notes: list[str] = []
    if not segments:
        return rows, notes
    yield from uncounted(open_index(folder.video_path(item, project.media_roots)))
    n_frames, done = sum(map(len, segments)), 0
    with open_recording(folder, item, project.media_roots) as reader:
        for segment in segments:
            name = _name(folders, item, segment)
            frames = segment.start, segment.stop
            (new / name).parent.mkdir(exist_ok=True)
            made = write_frames(
                new / name, reader, frames, read_frames(reader, *frames), item.id
            )
            note = yield from _after(made, done, n_frames, item.id)
            notes += [note] if note else []
            done += len(segment)
            rows.append(_row(name, item, segment, project.classes, reader.times))
    return rows, notes


def _after(made: Task[str], before: int, total: int, video: str) -> Task[str]:
    """Count the frames of a clip behind those of the clips before."""
    step = Said("clips of {}", video)
    return mapped(made, lambda now: Progress(step, before + now.done, total))


def _row(
    name: str, item: Track, segment: Segment, label_map: LabelMap, times: FrameTimes
) -> tuple[object, ...]:
    return (
        name,
        item.id,
        segment.start,
        segment.stop,
        f"{times.start_s(segment.start):.6f}",
        f"{times.start_s(segment.stop):.6f}",
        label_map.name_of(segment.class_id),
        segment.source,
        int(segment.reviewed),
    )


# -- what is chosen -----------------------------------------------------------------


def _class_ids(label_map: LabelMap, names: Sequence[str]) -> set[int]:
    """Find the ids of classes by name; all where none is named."""
    for name in names:
        if label_map.named(name) is None:
            raise ProjectError(
                "There is no class '{}', only {}.", name, ", ".join(label_map.names)
            )
    return {c.id for c in label_map.classes if not names or c.name in names}


def _folders(label_map: LabelMap) -> dict[int, str]:
    """Name a folder for each class; two names that a disk may confuse differ."""
    found: dict[int, str] = {}
    for item in label_map.classes:
        name = short_name(portable_name(item.name), MAX_FOLDER_BYTES)
        if same_name(name, [*found.values(), *_RESERVED]):
            name = f"{name}-{item.id}"
        found[item.id] = name
    return found


def _name(folders: Mapping[int, str], item: Track, segment: Segment) -> str:
    """Name the file of a segment by its video and frames, in its class's folder."""
    digits = max(6, len(str(item.n_frames)))
    frames = f"{segment.start:0{digits}}-{segment.stop:0{digits}}"
    return f"{folders[segment.class_id or 0]}/{item.id}_{frames}{SUFFIX}"
