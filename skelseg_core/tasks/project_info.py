"""Overview of a project: its videos, classes, lanes and models, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from skelseg_core.errors import FormatError, ModelError
from skelseg_core.learning.folds import named_folds
from skelseg_core.learning.model_info import load_info
from skelseg_core.poses.skeleton import skeleton_title
from skelseg_core.predictions.lanes import lane_names, refused_models
from skelseg_core.project.bodies import tracks_without_body
from skelseg_core.project.copies.conflict_files import find_conflicts
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.project.tracks import Tier
from skelseg_core.project.videos_and_tracks import Track
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
        and number of tracks; ``videos``: a dict per video of its size, ``n_frames``,
        ``duration_s`` by its mean rate, who is seen in it (``people``), whether there
        are poses, and its ``tracks``: a dict each of its tier and person, ``title`` in
        words, its frames (``labelled_frames``, ``reviewed_frames``,
        ``undecided_frames``), lanes, and who labelled it (``annotator``);
        ``classes`` with segments and frames of the annotation; ``lanes``: number of
        videos by lane; ``models`` with what each is worth; ``folds``: names of splits;
        ``missing``: tracks without labels, names of videos without file or poses,
        tracks with predictions that cannot be used any more (``predictions``), people
        whose figure is not known, and conflict files.
    """
    items = project.chosen(videos)
    of_video: dict[str, list[Track]] = {}
    for item in items:
        of_video.setdefault(item.video_id, []).append(item)
    rows = [_video(folder, project, tracks) for tracks in of_video.values()]
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
                lane
                for tracks in of_video.values()
                for lane in lane_names(folder, project, tracks)
            )
        ),
        "models": [_model(folder, name, project) for name in folder.model_names()],
        "folds": list(folds),
        "missing": {
            "video_files": [r["video"] for r in rows if r["file_is_gone"]],
            "label_files": [project.said_of(i.id) for i in items if i.missing],
            "poses": [r["video"] for r in rows if not r["poses"]],
            "predictions": [
                project.said_of(i.id)
                for i in items
                if refused_models(folder, project, i)
            ],
            "bodies": [
                {"video": track.video_id, "person": track.person}
                for track in tracks_without_body(project, items).values()
            ],
            "conflicts": [c.path.name for c in find_conflicts(folder, project)],
        },
        "notes": [*folder.notes, *notes],
    }


def _video(
    folder: ProjectFolder, project: Project, tracks: Sequence[Track]
) -> dict[str, Any]:
    video = tracks[0].video
    path = folder.video_path(video, project.media_roots)
    return {
        "video": video.id,
        "file": str(path) if video.has_file else "",
        "file_is_gone": video.has_file and not media_exists(path),
        "n_frames": video.n_frames,
        "duration_s": round(video.even_times.duration_s, 3),
        "mean_rate": video.mean_rate,
        "width": video.width,
        "height": video.height,
        "comments": len(video.comments),
        "people": list(video.people),
        "poses": folder.poses_path(video.id).is_file(),
        "tracks": [_track(folder, project, track) for track in tracks],
    }


def _track(folder: ProjectFolder, project: Project, item: Track) -> dict[str, Any]:
    lane, tier = item.annotation, project.tier(item.tier)
    return {
        "title": project.titled(item.id),
        "tier": tier.name,
        "kind": tier.kind,
        "person": item.person,
        "labelled_frames": lane.n_labelled,
        "reviewed_frames": lane.n_reviewed,
        "undecided_frames": lane.n_undecided,
        "marks": len(item.marks),
        "lanes": lane_names(folder, project, [item]),
        "annotator": item.annotator,
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


def _model(folder: ProjectFolder, name: str, project: Project) -> dict[str, Any]:
    try:
        info = load_info(folder.model_dir(name))
    except (ModelError, FormatError) as error:
        return {"name": name, "measured": False, "worth": str(error), "trained_on": []}
    return {
        "name": name,
        "tier": next((t.name for t in project.tiers if t.id == info.tier), ""),
        "measured": info.measured,
        "worth": info.worth,
        "trained_on": [project.said_of(v) for v in info.videos if project.has(v)],
    }


def _read(read: Any, folder: ProjectFolder, notes: list[str]) -> dict[str, Any]:
    """Read a file of the data set; where it is damaged, note that instead."""
    try:
        return dict(read(folder))
    except FormatError as error:
        notes.append(str(error))
        return {}
