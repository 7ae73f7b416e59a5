"""Export of labels as CSV files with a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.formats.dataset import counted, listed
from skelseg_core.formats.export_folder import MANIFEST, export_folder, manifest
from skelseg_core.formats.labels import LABEL_FORMATS
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import open_recording
from skelseg_core.project.predicted_lanes import exported_lane
from skelseg_core.project.project import ANNOTATION, Project, VideoItem

BOTH = "csv"
"""Name of the export that writes framewise and segment CSV."""


@dataclass(frozen=True)
class Exported:
    """Result of an export: files written, and videos left out that lack the lane."""

    files: tuple[Path, ...]
    skipped: tuple[str, ...] = ()


def export_csv(
    folder: ProjectFolder,
    project: Project,
    out: Path,
    lane: str = "annotation",
    kind: str = BOTH,
    videos: Sequence[str] = (),
    skip_missing: bool = False,
) -> Task[Exported]:
    """Write label files of videos, and ``manifest.json``, to ``out``.

    Times come from each video's own table of timestamps, those of a recording without
    video from its rate. What a person had fixed in a prediction has the source
    ``human``, in segments of its own. All files appear, or none (`export_folder`).

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What is exported; ``project`` may be newer than the files.
    out : Path
        Folder; made where it is missing.
    lane : str
        ``"annotation"`` or ``"prediction:<model>"``.
    kind : str
        Name of a label format that is written, or `BOTH`.
    videos : sequence of str
        Only these; all by default.
    skip_missing : bool
        Leave out videos that lack the lane.

    Raises
    ------
    ProjectError, FormatError, VideoError
        Where lanes are missing, it is not known what a person had fixed in a
        prediction, a video cannot be read, ``out`` cannot be written, or files in it
        are not skelseg's to replace.
    """
    items, skipped = videos_with_lane(project, lane, videos, skip_missing)
    wanted = ("framewise-csv", "segment-csv") if kind == BOTH else (kind,)
    written = [form for form in LABEL_FORMATS if form.name in wanted]
    names = [f"{item.id}{form.written_suffix}" for item in items for form in written]
    lanes, about_videos = {}, []
    for item in items:
        lanes[item.id], about_lane = exported_lane(folder, project, item, lane)
        about_videos.append({**_about(item), **about_lane})
    about = manifest(project.label_map, about_videos)
    with export_folder(out, names, about) as made:
        for n, item in enumerate(items):
            yield Progress("export", n, len(items))
            with open_recording(folder, item, project.media_roots) as reader:
                times = reader.times
            for form in written:
                text = form.write(lanes[item.id], project.label_map, times)
                atomic_write(made / f"{item.id}{form.written_suffix}", text)
    yield Progress("export", len(items), len(items))
    return Exported(tuple(out / name for name in (*names, MANIFEST)), skipped)


def videos_with_lane(
    project: Project, lane: str, videos: Sequence[str], skip_missing: bool
) -> tuple[list[VideoItem], tuple[str, ...]]:
    """Find the videos to export that have a lane, and the ids of those that lack it.

    Parameters
    ----------
    project : Project
    lane : str
    videos : sequence of str
        Only these; all where empty.
    skip_missing : bool
        Whether some may lack it.

    Raises
    ------
    ProjectError
        Where there is none to export, or some lack the lane and may not be left out;
        names all of them.
    """
    items = [project.video(v) for v in videos] or list(project.videos)
    if not items:
        raise ProjectError(
            "Project {} has no videos to export; add some.", project.name
        )
    there = [i for i in items if lane in i.lanes and lane not in i.missing]
    has = {i.id for i in there}
    lacking = [i for i in items if i.id not in has]
    if not lacking or (skip_missing and there):
        return there, tuple(i.id for i in lacking)
    skip = ", or say --skip-missing to leave them out" if there else ""
    names = ", ".join(i.id for i in lacking)
    if all(lane in i.missing for i in lacking):
        raise ProjectError(
            "The label files of {} are gone, and nobody knows what they say; put them "
            "back{}.",
            names,
            skip,
        )
    if there:
        raise ProjectError(
            "{} of {} videos have no lane '{}' ({}); pre-label them{}.",
            len(lacking),
            len(items),
            lane,
            names,
            skip,
        )
    known = dict.fromkeys(name for i in items for name in i.lanes)
    which = f"Video {names} has no" if len(items) == 1 else "No video has a"
    raise ProjectError(
        "{} lane '{}', only {}; choose one of these, or pre-label first.",
        which,
        lane,
        listed(list(known)),
    )


def skipped_text(skipped: Sequence[str], lane: str) -> str:
    """Write a sentence about videos that were left out."""
    n = counted(len(skipped), "video")
    gone = lane == ANNOTATION  # which every video has, unless its file is gone
    why = "whose labels are gone" if gone else f"without the lane '{lane}'"
    return f"Left out {n} {why}: {', '.join(skipped)}."


def _about(item: VideoItem) -> dict[str, object]:
    return {
        "id": item.id,
        "file": Path(item.path).name,
        "fingerprint": item.fingerprint,
        "n_frames": item.n_frames,
        "width": item.width,
        "height": item.height,
        "mean_rate": item.mean_rate,
    }
