"""Takes the pictures of the help about reviewing: python -m tools.review_pictures

As ``tools.pictures`` does, from a demo of which one clip more is labelled, and
some short segments are labelled in some places and not in others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QDialog

from app.views.dialogs.known_order import KnownOrderDialog
from app.window.leaving import leave
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.imports.label_files import labels_of_video, load_labels
from skelseg_core.project.project import ANNOTATION, Project, VideoItem, prediction_lane
from tools.pictures import COLOURS, OUT, SIZE, WIDTH, Camera, write_picture

MODEL = "fusion"
SEEN, NEXT, EXAMPLE = "ben-2", "farid-1", "emi-1"
"""Clips that the model has not seen: one to compare, one to review, one to fill in."""
TALL = 1280, 900
"""Size of the window in which all keys of the review are seen."""
STYLES = {("walk", "reach", "open cabinet"): 4, ("stand", "walk", "reach"): 5}
"""So many of the segments in the middle are left out, for the page of conventions."""


def truth_of(root: Path, project: Project, item: VideoItem) -> Segmentation:
    """Read the true labels of a clip, as a person who looked at all of it."""
    ids = {c.name: c.id for c in project.label_map.classes}
    path = root / "truth" / f"{item.id}.csv"
    found = labels_of_video(load_labels(path), item, ids, path).segments
    own = (Segment(s.start, s.stop, s.class_id, "human") for s in found)
    return Segmentation(tuple(s.as_reviewed() for s in own))


def prepare(root: Path) -> None:
    """Label one clip as it truly is, half of another, and leave segments out."""
    folder = ProjectFolder(root)
    project = folder.load()
    ids = {c.name: c.id for c in project.label_map.classes}
    left = {tuple(ids[n] for n in style): n for style, n in STYLES.items()}
    videos = []
    for item in project.videos:
        lane = item.annotation
        if item.id == SEEN:
            lane = truth_of(root, project, item)
        elif item.id == EXAMPLE:
            lane = first_half(truth_of(root, project, item))
        elif lane.n_labelled:
            lane = without(lane, left)
        videos.append(item.with_lane(ANNOTATION, lane))
    folder.save(replace(project, videos=tuple(videos)))


def first_half(lane: Segmentation) -> Segmentation:
    """Keep the segments that end in the first half."""
    kept = tuple(s for s in lane.segments if s.stop <= lane.n_frames // 2)
    return Segmentation((*kept, Segment(kept[-1].stop, lane.n_frames)))


def without(lane: Segmentation, left: dict[tuple[int, ...], int]) -> Segmentation:
    """Leave some segments out: the one before takes their frames."""
    segments = list(lane.segments)
    for i in range(len(segments) - 2, 0, -1):
        style = tuple(s.class_id or 0 for s in segments[i - 1 : i + 2])
        if left.get(style, 0):
            left[style] -= 1
            segments[i - 1] = replace(segments[i - 1], stop=segments[i].stop)
            del segments[i]
    return Segmentation(tuple(segments))


def open_clip(camera: Camera, name: str) -> None:
    camera.project_window.session.set_video(name)
    camera.idle()
    camera.project_window.docks.messages.close_all()


def prelabel(camera: Camera, name: str, free: bool = False) -> None:
    """Pre-label a clip, around its labels or freely."""
    open_clip(camera, name)
    services = camera.project_window.services
    services.model_service.prelabel(free)
    camera.until(lambda: services.current_video.shown_prediction is not None)
    camera.idle()
    camera.project_window.docks.messages.close_all()


def take_differences(camera: Camera) -> None:
    prelabel(camera, SEEN, free=True)
    timeline = camera.project_window.docks.timeline
    camera.project_window.docks.set_loupe(False)
    key = f"difference:{ANNOTATION}|{prediction_lane(MODEL)}"
    timeline.lanes.set_shown(key, True)
    camera.seek(300)
    timeline.zoom_in()
    camera.wait(1)
    camera.take("differences", timeline)
    timeline.lanes.set_shown(key, False)
    timeline.zoom_fit()


def take_room(camera: Camera) -> None:
    project_window = camera.project_window
    camera.resize(*TALL)
    prelabel(camera, NEXT)
    project_window.docks.set_loupe(True)
    room = project_window.services.review_room
    room.enter()
    camera.until(lambda: room.state == "at", 30)
    camera.until(room.in_room, 5)
    camera.idle()
    project_window.docks.messages.close_all()
    camera.wait(1)
    camera.take("review-room")
    room.leave()
    camera.resize(*SIZE)
    project_window.docks.set_loupe(False)


def take_dialog(
    camera: Camera, name: str, dialog: QDialog, is_there: Callable[[], bool]
) -> None:
    """Take a dialog alone."""
    camera.until(is_there, 30)
    camera.wait(0.5)
    write_picture(dialog.grab(), OUT / f"{name}.png", WIDTH, COLOURS)
    dialog.reject()
    camera.wait(0.3)


def take_conventions(camera: Camera) -> None:
    project_window = camera.project_window
    service = project_window.services.conventions
    project_window.docks.show_more("conventions")
    camera.until(lambda: service.audit is not None, 30)
    camera.idle()
    tree = project_window.docks.conventions.tree
    first = tree.topLevelItem(0)
    if first is not None:
        first.setExpanded(True)
        first.setSelected(True)
    camera.wait(0.5)
    camera.take("conventions", project_window.docks.conventions)
    project_window.docks.toggle_more("conventions")


def take_by_example(camera: Camera) -> None:
    open_clip(camera, EXAMPLE)
    services = camera.project_window.services
    item = services.current_video.item
    assert item is not None
    camera.seek(item.annotation.segments[-1].start)
    services.example_filler.fill()
    camera.until(lambda: services.current_video.item is not item)
    camera.idle()
    camera.take("by-example", camera.project_window.docks.timeline)


def begin_anew(camera: Camera, name: str) -> Segmentation:
    """Take over the pre-labels of a clip, nothing else; return its true labels."""
    open_clip(camera, name)
    services = camera.project_window.services
    services.document.edit_lane(
        "Begin", name, lambda lane: Segmentation.unlabelled(lane.n_frames)
    )
    prelabel(camera, name)
    services.model_service.copy_prediction()
    camera.idle()
    project = services.document.project
    return truth_of(camera.root, project, project.video(name))


def take_order(camera: Camera) -> None:
    begin_anew(camera, NEXT)
    labelling = camera.project_window.services.order_labelling
    dialog = KnownOrderDialog(labelling, camera.window)
    dialog.show()
    first_video = 2
    dialog.source.setCurrentIndex(first_video)
    dialog.source.activated.emit(first_video)
    take_dialog(camera, "order", dialog, lambda: dialog.order is not None)


def take_undecided(camera: Camera) -> None:
    open_clip(camera, SEEN)
    services = camera.project_window.services
    item = services.current_video.item
    assert item is not None
    segment = item.annotation.segments[len(item.annotation) // 2]
    camera.seek(segment.start + len(segment) // 2)
    services.segment_editor.leave_undecided()
    camera.wait(1)
    camera.take("undecided", camera.project_window.docks.timeline)
    services.document.undo()


SCENES = (
    take_differences,
    take_room,
    take_conventions,
    take_by_example,
    take_order,
    take_undecided,
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(Path(folder))
        prepare(camera.root)
        camera.open()
        for scene in SCENES:
            scene(camera)
        leave(camera.window)


if __name__ == "__main__":
    main()
