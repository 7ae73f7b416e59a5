"""The demo project: written from the bundled files to a folder of the user's own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from skelseg_core.bundled import resource
from skelseg_core.errors import ProjectError
from skelseg_core.files import atomic_write
from skelseg_core.formats.class_list import load_class_names
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import check_free, probe_video
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project import ANNOTATION, Project, new_project
from skelseg_core.project.project_edits import add_video
from skelseg_core.project.tracks import TrackId
from skelseg_core.text_files import read_json


def write_demo(root: Path) -> Project:
    """Write the demo project to ``root``, and ``truth/<video>.csv`` for every clip.

    Five clips come labelled, three not. The trained model comes along.

    Raises
    ------
    ProjectError
        Where ``root`` holds a project already or cannot be written.
    """
    source = resource("demo")
    about = read_json(source / "demo.json")
    label_map = label_map_from_names(load_class_names(source / "classes.txt"))
    project = new_project(root.resolve().name, label_map)
    folder = check_free(root)
    try:
        for name in ("videos", "poses", "truth", "models"):
            if (source / name).is_dir():
                shutil.copytree(source / name, root / name, dirs_exist_ok=True)
    except OSError as error:
        raise ProjectError(
            "The demo could not be written to {} ({}); choose another folder.",
            root,
            error.strerror,
        ) from error
    for clip in about["videos"]:
        item = probe_video(root / "videos" / clip["file"], folder, project)
        video = replace(item.video, id=clip["id"], people=(clip["subject"],))
        item = replace(item, id=TrackId(video.id), video=video)
        if clip["labelled"]:
            path = root / "truth" / f"{item.id}.csv"
            ids = {c.name: c.id for c in label_map.classes}
            truth = labels_of_video(load_labels(path), item, ids, path)
            item = item.with_lane(ANNOTATION, _reviewed(truth))
        project = add_video(project, item)
    atomic_write(root / "classes.txt", (source / "classes.txt").read_bytes())
    # Last, because project.json makes the folder a project: a demo that was cut short
    # is written anew.
    folder.save(project)
    return project


def _reviewed(truth: Segmentation) -> Segmentation:
    made = (Segment(s.start, s.stop, s.class_id) for s in truth.segments)
    return Segmentation(tuple(s.as_reviewed() for s in made))
