"""Two people at once: tiers learnt by one network each, figures by video and person.

Four films show two clips of the demo side by side, so that two people act at the same
time; the bundled estimator looks for both, and one pick each says who is who. What both
do is a tier, what the right hand holds another, what the left hand holds a third one.
Each person is held out with everybody who is in a film together. Then the left hand
mirrors the right one: one network learns both. It takes about ten minutes.

    python -m benchmarks.two_people
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.demo.cast import CLASSES, CLIPS, LEFT, RIGHT
from benchmarks.demo.script import Play, perform
from benchmarks.demo.space import FPS, HEIGHT, WIDTH
from skelseg_core.bundled import resource
from skelseg_core.features.per_video import FeatureWork, poses_of
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segment, Segmentation
from skelseg_core.learning.model_info import load_info
from skelseg_core.poses.sequence import PoseSequence, SubjectPick
from skelseg_core.progress import run
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project import (
    ANNOTATION,
    Project,
    add_video,
    pick_subject,
    set_lane,
)
from skelseg_core.project.track_edits import add_person, add_tier, name_person, set_tier
from skelseg_core.tasks.measure_model import measure
from skelseg_core.tasks.train import train
from skelseg_core.video.reader import VideoReader

PAIRS = (
    ("anna-1", "ben-1"),
    ("anna-2", "ben-2"),
    ("chloe-1", "david-1"),
    ("emi-1", "farid-1"),
)
"""Clips of one film: left and right. Nobody is in films with people of two groups."""
HANDS = ((RIGHT, "Right hand"), (LEFT, "Left hand"))
HOLDS = ("empty", "cup", "cutlery", "plate")


def side_by_side(names: tuple[str, str], path: Path) -> int:
    """Write a film of two clips, as long as the shorter one; return its frames."""
    clips = [VideoReader(resource("demo") / "videos" / f"{n}.mp4") for n in names]
    n_frames = min(map(len, clips))
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 2 * WIDTH, HEIGHT, "yuv420p"
        pairs = zip(*(clip.frames(0, n_frames) for clip in clips), strict=True)
        for (_, left), (_, right) in pairs:
            both = np.concatenate([left, right], axis=1)
            frame = av.VideoFrame.from_ndarray(both, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for clip in clips:
        clip.close()
    return n_frames


def in_hand(play: Play, hand: int, n_frames: int) -> np.ndarray:
    """Tell what a hand holds: places in `HOLDS`, (T,)."""
    times, found = np.arange(n_frames) / FPS, np.zeros(n_frames, np.int64)
    for track in play.items:
        for grip in track.item.grips:
            if hand in grip.hands:
                there = (times >= grip.t0) & (times < grip.t1)
                found[there] = HOLDS.index(track.item.kind)
    return found


def who_is_where(poses: PoseSequence, right: bool) -> SubjectPick:
    """Point at the person of one half of the picture, where one is first seen."""
    for frame in range(poses.n_frames):
        for points in poses.keypoints[frame]:
            x, y = np.nanmean(points, axis=0) if np.isfinite(points).any() else (0, 0)
            if y and (x > WIDTH) == right:
                return SubjectPick(frame, float(x), float(y))
    raise RuntimeError("Nobody is seen in one half of a film.")


def reviewed(labels: np.ndarray) -> Segmentation:
    """Labels of a person, who reviewed them."""
    made = Segmentation.from_frames(labels).segments
    return Segmentation(tuple(_person_s(s) for s in made))


def _person_s(segment: Segment) -> Segment:
    return Segment(segment.start, segment.stop, segment.class_id).as_reviewed()


def make(root: Path) -> ProjectFolder:
    """Films, poses, people, tiers and labels."""
    folder, before = create_project(root, label_map_from_names(CLASSES), "coco17")
    project = before
    plays = {clip.id: perform(clip) for clip in CLIPS}
    lengths = {}
    for n, names in enumerate(PAIRS, 1):
        path = root / "videos" / f"film-{n}.mp4"
        lengths[f"film-{n}"] = side_by_side(names, path)
        project = add_video(project, probe_video(path, folder, project))
    for _, name in HANDS:
        project = add_tier(project, name)
        tier = project.tiers[-1].id
        for held in HOLDS:
            project = add_class(project, held, tier=tier)
    folder.save(project, before)
    saved = project
    for item, names in zip(project.films, PAIRS, strict=True):
        poses = run(poses_of(FeatureWork(folder, project, item, 2)))
        project = labelled(project, item.id, names, plays, poses)
    folder.save(project, saved)
    return folder


def labelled(
    project: Project,
    film: str,
    names: tuple[str, str],
    plays: dict[str, Play],
    poses: PoseSequence,
) -> Project:
    """Name the two people of a film, say who is who, and label their tracks."""
    people = [name.partition("-")[0] for name in names]
    project = name_person(project, film, people[0])
    project = pick_subject(project, film, who_is_where(poses, right=False))
    project = add_person(project, film, people[1])
    pick = who_is_where(poses, right=True)
    project = pick_subject(project, f"{film}@@{people[1]}", pick)
    for track in project.tracks_of(film):
        play = plays[names[people.index(track.person)]]
        classes = project.classes_of(track)
        tier = project.tier(track.tier).name
        hand = next((hand for hand, name in HANDS if name == tier), None)
        if hand is None:
            ids = np.array([c.id for c in map(classes.named, CLASSES) if c])
            said = ids[play.labels[: track.n_frames]]
        else:
            ids = np.array([c.id for c in map(classes.named, HOLDS) if c])
            said = ids[in_hand(play, hand, track.n_frames)]
        project = set_lane(project, track.id, ANNOTATION, reviewed(said))
    return project


def learnt(folder: ProjectFolder, name: str, tier: str) -> dict[str, Any]:
    """What a model of a tier is worth on people that it has not seen."""
    run(train(str(folder.root), name, "keypoints", tier=tier))
    run(measure(str(folder.root), name))
    return dict(load_info(folder.model_dir(name)).held_out)


def print_tracks(folder: ProjectFolder, held: dict[str, Any]) -> None:
    """Print the figure of each person in each film."""
    project = folder.load()
    print("| film | person | tier | frames correct |\n|---|---|---|---|")
    for item_id, accuracy in held["by_video"].items():
        item = project.video(item_id)
        tier = project.tier(item.tier).name
        print(f"| {item.video_id} | {item.person} | {tier} | {accuracy:.1f} % |")
    print(
        f"\nAll: {held['accuracy']:.1f} % of {held['n_frames']:,} frames, edit "
        f"{held['edit']:.1f}, F1@50 {held['f1@50']:.1f}, {held['folds']} folds\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="Folder of the project; it is kept.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = make(arguments.out or Path(place) / "two-people")
        print_tracks(folder, learnt(folder, "action", "Action"))
        alone = {}
        for _, tier in HANDS:
            held = learnt(folder, tier.replace(" ", "-").lower(), tier)
            print_tracks(folder, held)
            alone |= held["by_video"]
        before = folder.load()
        left = before.tier_named("Left hand").id
        right = before.tier_named("Right hand").id
        folder.save(set_tier(before, left, mirrors=right), before)
        held = learnt(folder, "both-hands", "Right hand")
        print_tracks(folder, held)
        for name, figures in (("alone", alone), ("mirrored", held["by_video"])):
            print(f"hands, {name}: {statistics.fmean(figures.values()):.1f} %")


if __name__ == "__main__":
    main()
