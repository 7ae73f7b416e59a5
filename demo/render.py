"""Render the demo clips: ``python -m demo.render --out resources/demo``.

Writes videos, poses, framewise labels, classes.txt and demo.json. Everything follows
from the seeds in `cast`; the same library versions give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import av

from demo.cast import CLASSES, CLIPS, Clip
from demo.picture import Camera, Painter
from demo.script import Play, perform
from demo.space import FPS, HEIGHT, WIDTH
from skelseg_core.estimators.registry import load_estimator
from skelseg_core.files import atomic_write
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.labels.framewise_and_segment_csv import FramewiseCsv
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.progress import run
from skelseg_core.video.reader import VideoReader

CODEC = {
    "crf": "27",
    "preset": "slower",
    "tune": "animation",
    "threads": "1",
    "x264-params": "keyint=48:min-keyint=12:bframes=3",
}


def encode(play: Play, path: Path) -> None:
    """Draw all frames of a play into an H.264 file."""
    painter, camera = Painter(play), Camera(play)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=FPS, options=CODEC)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for t in range(len(play.labels)):
            picture = camera.shoot(painter.frame(t), t)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def estimated(reader: VideoReader) -> PoseSequence:
    """Poses of a clip by the bundled estimator, as a user of the program has them."""
    size = (reader.width, reader.height)
    task = load_estimator("movenet", 1).estimate(reader.frames(), len(reader), size)
    return run(task)


def render(clip: Clip, out: Path) -> int:
    """Write video, poses and labels of one clip; the number of frames."""
    play = perform(clip)
    video = out / "videos" / f"{clip.id}.mp4"
    encode(play, video)
    with VideoReader(video) as reader:
        times, fingerprint = reader.times, reader.fingerprint
        poses = estimated(reader)
    if times.n_frames != len(play.labels):
        raise RuntimeError(
            f"{video}: {times.n_frames} frames, {len(play.labels)} drawn"
        )
    save_poses(out / "poses" / f"{clip.id}.npz", poses, fingerprint)
    segmentation = Segmentation.from_frames(play.labels)
    label_map = label_map_from_names(CLASSES)
    labelled = LabelledVideo(clip.id, segmentation, label_map, times)
    text = FramewiseCsv().write_tracks([labelled])
    atomic_write(out / "truth" / f"{clip.id}.csv", text)
    return times.n_frames


def main() -> None:
    """Render all clips, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("resources/demo"))
    parser.add_argument("--clips", nargs="*", default=[clip.id for clip in CLIPS])
    arguments = parser.parse_args()
    for clip in CLIPS:
        if clip.id in arguments.clips:
            start = time.perf_counter()
            n = render(clip, arguments.out)
            print(f"{clip.id}: {n} frames, {time.perf_counter() - start:.1f} s")
    about = [
        {
            "id": clip.id,
            "file": f"{clip.id}.mp4",
            "subject": clip.subject,
            "labelled": clip.labelled,
        }
        for clip in CLIPS
    ]
    atomic_write(arguments.out / "classes.txt", "\n".join(CLASSES) + "\n")
    text = json.dumps({"videos": about}, indent=2) + "\n"
    atomic_write(arguments.out / "demo.json", text)


if __name__ == "__main__":
    main()
