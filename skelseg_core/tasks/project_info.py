"""Overview of a project: its videos, classes, lanes and models, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skelseg_core.errors import FormatError, ModelError
from skelseg_core.learning.folds import named_folds
from skelseg_core.learning.model_info import load_info
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.predictions.lanes import lane_names, refused_models
from skelseg_core.project.bodies import people_without_body
from skelseg_core.project.copies.conflict_files import find_conflicts
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project, Track
from skelseg_core.project.tracks import Tier
from skelseg_core.video.media_path import media_exists


def project_info(
    folder: ProjectFolder, project: Project, videos: Sequence[str] = ()
) -> dict[str, Any]:
    """Collect what is in a project, as plain values.

    Parameters
    ----------
    folder, project : ProjectFolder, Project
    videos : sequence of str
        Ids of the videos that are counted; all by default.

    Returns
    -------
    dict
        ``name``, ``skeleton``; ``tiers``: a dict each of name, of whom, kind, classes
        and number of tracks; ``videos``: a dict per track of its video, tier and
        person, size, its frames
        (``n_frames``, ``labelled_frames``, ``reviewed_frames``, ``undecided_frames``),
        ``duration_s`` by its mean rate, ``title`` in words, lanes, who labelled it
        (``annotator``), who is seen in it (``people``) and whether there are poses;
        ``classes`` with segments and frames of the annotation; ``lanes``: number of
        videos by lane; ``models`` with what each is worth; ``folds``: names of splits;
        ``missing``: ids of tracks without labels, of videos without file or poses, of
        tracks with predictions that cannot be used any more (``predictions``), people
        whose figure is not known, and conflict files.
    """
    items = project.chosen(videos)
    rows = [_video(folder, project, item) for item in items]
    notes: list[str] = []
    folds = _read(named_folds, folder, notes)
    return {
        "name": project.name,
        "skeleton": skeleton_title(project.skeleton),
        "videos": rows,
        "tiers": [_tier(project, tier, items) for tier in project.tiers],
        "classes": _classes(project, items),
        "lanes": dict(
            Counter(
                lane for _, lane in {(r["video"], n) for r in rows for n in r["lanes"]}
            )
        ),
        "models": [
            _model(folder, name, project.tiers) for name in folder.model_names()
        ],
        "folds": list(folds),
        "missing": {
            "video_files": _films(r for r in rows if r["file_is_gone"]),
            "label_files": [i.id for i in items if i.missing],
            "poses": _films(r for r in rows if not r["poses"]),
            "predictions": [i.id for i in items if refused_models(folder, project, i)],
            "bodies": people_without_body(project, items),
            "conflicts": [c.path.name for c in find_conflicts(folder, project)],
        },
        "notes": [*folder.notes, *notes],
    }


def _films(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the videos that tracks are of, each once."""
    return list(dict.fromkeys(row["video"] for row in rows))


def _video(folder: ProjectFolder, project: Project, item: Track) -> dict[str, Any]:
    path = folder.video_path(item.video, project.media_roots)
    lane = item.annotation
    of_track = project.track_title(item).replace(" · ", ", ")
    return {
        "id": item.id,
        "video": item.video_id,
        "title": item.video_id + (f": {of_track}" if of_track else ""),
        "tier": project.tier(item.tier).name,
        "kind": project.tier(item.tier).kind,
        "person": item.person,
        "file": str(path) if item.video.has_file else "",
        "file_is_gone": item.video.has_file and not media_exists(path),
        "n_frames": item.n_frames,
        "duration_s": round(item.video.even_times.duration_s, 3),
        "mean_rate": item.video.mean_rate,
        "width": item.video.width,
        "height": item.video.height,
        "labelled_frames": lane.n_labelled,
        "reviewed_frames": lane.n_reviewed,
        "undecided_frames": lane.n_undecided,
        "marks": len(item.marks),
        "comments": len(item.video.comments),
        "lanes": lane_names(folder, project, [item]),
        "annotator": item.annotator,
        "people": list(item.video.people),
        "poses": folder.poses_path(item.id).is_file(),
    }


def _tier(project: Project, tier: Tier, items: Sequence[Track]) -> dict[str, Any]:
    return {
        "name": tier.name,
        "of": tier.of,
        "kind": tier.kind,
        "classes": list(project.classes_of(tier).names),
        "tracks": sum(item.tier == tier.id for item in items),
    }


def _classes(project: Project, items: Sequence[Track]) -> list[dict[str, Any]]:
    segments, frames = Counter[int | None](), Counter[int | None]()
    for item in items:
        segments.update(item.annotation.class_counts)
        segments.update(mark.class_id for mark in item.marks)
        frames.update(item.annotation.class_frames)
    return [
        {
            "id": c.id,
            "name": c.name,
            "tier": tier.name,
            "key": c.key,
            "segments": segments[c.id],
            "frames": frames[c.id],
        }
        for tier in project.tiers
        for c in project.classes_of(tier).classes
    ]


def _model(folder: ProjectFolder, name: str, tiers: Sequence[Tier]) -> dict[str, Any]:
    try:
        info = load_info(folder.model_dir(name))
    except (ModelError, FormatError) as error:
        return {"name": name, "measured": False, "worth": str(error), "trained_on": []}
    return {
        "name": name,
        "tier": next((t.name for t in tiers if t.id == info.tier), ""),
        "measured": info.measured,
        "worth": info.worth,
        "trained_on": list(info.videos),
    }


def _read(read: Any, folder: ProjectFolder, notes: list[str]) -> dict[str, Any]:
    """Read a file of the data set; where it is damaged, note that instead."""
    try:
        return dict(read(folder))
    except FormatError as error:
        notes.append(str(error))
        return {}
