"""Render a video with its labels: name, time and strips burned in, the sound kept.

Frame for frame with the video's own times. The file appears whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelseg_core.choices import takes
from skelseg_core.config import Preset
from skelseg_core.errors import ConfigError
from skelseg_core.files import new_file
from skelseg_core.poses.skeleton import SIDE_COLORS
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import SubjectInput, make_subject_input
from skelseg_core.predictions.lanes import lane_of
from skelseg_core.progress import Task
from skelseg_core.project.bodies import (
    bodiless_text,
    is_body_known,
    people_without_body,
)
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.poses_only_video import STAGE, BlankVideo, open_recording
from skelseg_core.project.project import ANNOTATION, Project
from skelseg_core.project.tracks import TrackId
from skelseg_core.project.video_poses import load_estimate, with_subject
from skelseg_core.project.videos_and_tracks import Track
from skelseg_core.said import Said, counted
from skelseg_core.tasks.pictures.burned_lanes import burned_lane, lane_title
from skelseg_core.tasks.pictures.picture_choices import RenderChoices
from skelseg_core.tasks.pictures.replaceable_file import check_own, seal
from skelseg_core.video.burned_text import Bar, draw_people, rgb_of
from skelseg_core.video.clip_writing import clip_times, sound_of, write_clip
from skelseg_core.video.lettering import missing_letters, missing_text
from skelseg_core.video.reader import VideoReader, open_index
from skelseg_core.video.times import FrameTimes

SUFFIX = ".mp4"
OWN = "video that skelseg rendered"
"""Mark in a file that skelseg wrote: only files with it are replaced."""
Draw = Callable[[int, np.ndarray], None]


@takes(RenderChoices)
def render(
    root: str, video_id: TrackId, out: str, choices: RenderChoices
) -> Task[dict[str, Any]]:
    """Write a video of the project with its labels to the MP4 file ``out``.

    Returns
    -------
    dict
        ``said``, ``file``, ``n_frames``, and ``notes``: sentences on what was left out.

    Raises
    ------
    ProjectError, VideoError, FormatError, ConfigError
        Where a lane or poses are missing, the video cannot be read, the range has no
        frames, or ``out`` cannot be written or is a file of others.
    """
    target = _target(out)
    yield from check_own(target, OWN)
    folder = ProjectFolder(Path(root))
    (video_id, *_) = map(TrackId, folder.outline().matching([video_id]))
    # Whose body is known depends on the other people of the video.
    project = folder.load_only([video_id], all_tracks=True)
    item = project.track(video_id)
    lanes = dict.fromkeys(choices.lanes or [ANNOTATION])
    chosen = [(lane, lane_of(folder, project, item, lane)) for lane in lanes]
    notes = []
    if item.video.has_file:
        yield from open_index(folder.video_path(item.video, project.media_roots))
    with open_recording(folder, item, project.media_roots) as reader:
        times = reader.times
        start, stop = frames_of(choices.frames, times)
        draws, missing = _overlays(folder, project, item, choices)
        burned = [burned_lane(n, lane, project.classes_of(item)) for n, lane in chosen]
        size = (reader.width, reader.height)
        bar = Bar(tuple(burned), times, (start, stop), size)
        notes += [
            *missing,
            *_letters(project.classes_of(item).names, [n for n, _ in chosen]),
        ]
        pictures = _pictures(reader, start, stop, draws, bar)
        step = Said("video of {}", item.called)
        with new_file(target) as new:
            note = yield from write_frames(new, reader, (start, stop), pictures, step)
            yield from seal(new, SUFFIX)
            # Somebody may have put a file there meanwhile.
            yield from check_own(target, OWN)
    notes += [note] if note else []
    return {
        "said": Said("Wrote {} to {}.", counted(stop - start, "frame"), target),
        "file": str(target),
        "n_frames": stop - start,
        "notes": notes,
    }


def write_frames(
    path: Path,
    reader: VideoReader | BlankVideo,
    frames: tuple[int, int],
    pictures: Iterator[np.ndarray],
    step: str,
) -> Task[str]:
    """Write pictures of frames ``[start, stop)`` with their times and sound.

    Returns
    -------
    str
        One sentence on what became of the sound, or "".
    """
    start, stop = frames
    times = reader.times
    if isinstance(reader, BlankVideo):
        starts, unit = clip_times(None, times, start, stop)
        yield from write_clip(path, pictures, starts, unit, None, step)
        return ""
    starts, unit = clip_times(reader, times, start, stop)
    span = times.start_s(start), times.start_s(stop)
    with sound_of(reader, *span) as (add_sound, note):
        yield from write_clip(path, pictures, starts, unit, add_sound, step)
    return note


def read_frames(
    reader: VideoReader | BlankVideo, start: int, stop: int
) -> Iterator[np.ndarray]:
    """Read pictures (H, W, 3) RGB of frames ``[start, stop)``."""
    if isinstance(reader, BlankVideo):
        stage = np.empty((reader.height, reader.width, 3), np.uint8)
        stage[:] = STAGE[::-1]
        for _ in range(start, stop):
            yield stage.copy()
        return
    for _, picture in reader.frames(start, stop):
        yield picture


def _pictures(
    reader: VideoReader | BlankVideo,
    start: int,
    stop: int,
    draws: Sequence[Draw],
    bar: Bar,
) -> Iterator[np.ndarray]:
    for n, picture in enumerate(read_frames(reader, start, stop), start):
        # What is read may be kept by the reader, and is drawn into.
        shown = picture.copy() if draws else picture
        for draw in draws:
            draw(n, shown)
        yield bar.under(shown, n)


# -- what is chosen -----------------------------------------------------------------


def frames_of(text: str, times: FrameTimes) -> tuple[int, int]:
    """Read a range of frames ``[start, stop)``.

    Parameters
    ----------
    text : str
        ``"120:480"`` in frames, ``"4.5s:12s"`` in seconds of the video; a side that is
        left out is the beginning or the end.
    times : FrameTimes

    Raises
    ------
    ConfigError
        Where it cannot be read, or has no frames.
    """
    first, colon, last = text.partition(":")
    if text and not colon:
        raise ConfigError(
            "The range '{}' has no colon; write frames as 120:480, or seconds as "
            "4.5s:12s.",
            text,
        )
    start = _edge(first, times, 0, text)
    stop = min(_edge(last, times, times.n_frames, text), times.n_frames)
    if start >= stop:
        raise ConfigError(
            "The range '{}' has no frames; the video has the frames 0:{}.",
            text,
            times.n_frames,
        )
    return start, stop


def _edge(text: str, times: FrameTimes, default: int, whole: str) -> int:
    text = text.strip()
    if not text:
        return default
    if re.fullmatch(r"[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[0-9]*\.?[0-9]+ *s", text):
        seconds = float(text[:-1])
        return int(times.nearest_edges(np.array([seconds]))[0][0])
    raise ConfigError(
        "'{}' in the range '{}' is neither a frame (120) nor a time (4.5s).",
        text,
        whole,
    )


def _target(out: str) -> Path:
    path = Path(out)
    if path.suffix.lower() != SUFFIX:
        raise ConfigError(
            "{} does not end with {}; videos are written as MP4 files.", path, SUFFIX
        )
    return path


def _letters(names: Sequence[str], lanes: Sequence[str]) -> list[str]:
    titles = [lane_title(lane) for lane in lanes]
    return missing_text(missing_letters([*names, *titles]))


# -- what is drawn of the subject ---------------------------------------------------


def _overlays(
    folder: ProjectFolder, project: Project, item: Track, choices: RenderChoices
) -> tuple[list[Draw], list[str]]:
    """Make what draws into pictures, and sentences on what there is nothing of."""
    if not choices.skeleton:
        return [], []
    path = folder.poses_path(item.video_id)
    if not path.is_file():
        return [], [Said("{} has no poses, so no skeleton is drawn.", item.video.title)]
    if not is_body_known(project, item):
        return [], [bodiless_text(people_without_body(project, [item]))]
    names = project.skeleton
    estimate = load_estimate(path, item, names)
    corrected, subject = with_subject(estimate, item)
    recipe = Preset()
    body = make_subject_input(corrected, subject, load_skeleton(names), recipe)
    return [_skeletons(body, recipe)], []


def _skeletons(body: SubjectInput, recipe: Preset) -> Draw:
    keypoints, scores = body.keypoints, body.poses.scores[:, 0]
    skeleton, least = body.skeleton, recipe.heatmap.min_score
    sides = tuple(rgb_of(SIDE_COLORS[skeleton.side(k)]) for k in range(len(skeleton)))

    def draw(n: int, picture: np.ndarray) -> None:
        seen = np.isfinite(keypoints[n]).all(axis=-1) & (scores[n] >= least)
        draw_people(picture, keypoints[n], skeleton.edges, sides, seen)

    return draw
