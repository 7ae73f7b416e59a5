"""Export: the labels of a project's videos as files for others, with a manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from skelseg_core.blank_video import open_recording
from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.io.labels_csv import framewise_csv, manifest, segment_csv
from skelseg_core.predicted_lanes import exported_lane
from skelseg_core.progress import Progress, Task
from skelseg_core.project import Project, VideoItem
from skelseg_core.project_folder import ProjectFolder

KINDS = ("csv", "framewise-csv", "segment-csv")


def export_csv(
    folder: ProjectFolder,
    project: Project,
    out: Path,
    lane: str = "annotation",
    kind: str = "csv",
    videos: Sequence[str] = (),
) -> Task[list[Path]]:
    """Write ``<video>.csv``, ``<video>.segments.csv`` and ``manifest.json`` to ``out``.

    Times come from each video's own table of timestamps, those of a recording without
    video from its rate. What a person had fixed in a prediction has the source
    ``human``, in segments of its own. Nothing is written before every text is ready.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
        What is exported; ``project`` may be newer than the files.
    out : Path
        Folder; made where it is missing.
    lane : str
        ``"annotation"`` or ``"prediction:<model>"``.
    kind : {"csv", "framewise-csv", "segment-csv"}
        Which of the two files; ``"csv"`` is both.
    videos : sequence of str
        Only these; all by default.

    Raises
    ------
    ProjectError, FormatError, VideoError
        Where a lane is missing, it is not known what a person had fixed in a
        prediction, a video cannot be read, or ``out`` cannot be written.
    """
    items = [project.video(v) for v in videos] or list(project.videos)
    if not items:
        raise ProjectError(f"Project {project.name} has no videos to export; add some.")
    if out.exists() and not out.is_dir():
        raise ProjectError(f"{out} is a file; choose a folder to export to.")
    texts: dict[Path, str] = {}
    about_videos = []
    for n, item in enumerate(items):
        yield Progress("export", n, len(items))
        if lane not in item.lanes:
            raise ProjectError(
                f"Video {item.id} has no lane '{lane}', only "
                f"{', '.join(item.lanes)}; choose one of these, or pre-label it first."
            )
        segmentation, about_lane = exported_lane(folder, project, item, lane)
        about_videos.append({**_about(item), **about_lane})
        with open_recording(folder, item, project.media_roots) as reader:
            times = reader.timestamps_s
        if kind in ("csv", "framewise-csv"):
            path = out / f"{item.id}.csv"
            texts[path] = framewise_csv(segmentation, project.label_map, times)
        if kind in ("csv", "segment-csv"):
            path = out / f"{item.id}.segments.csv"
            texts[path] = segment_csv(segmentation, project.label_map, times)
    about = manifest(project.label_map, about_videos)
    texts[out / "manifest.json"] = (
        json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    )
    for path, text in texts.items():
        atomic_write(path, text)
    yield Progress("export", len(items), len(items))
    return list(texts)


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
