"""The whole window on 1080p30 H.264: playing with its overlays, and opening an hour.

A film is made and somebody drawn into its poses; skeleton and heatmap are
on, the timeline moves. Frames that were not shown and the drift of the clock stand
beside the same film played by the player alone. The hour is the film again and again,
opened with and without its table of frames in the cache. Needs no display:
QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from PySide6.QtWidgets import QApplication

from app.kit.settings import Settings
from app.state.document import open_document
from app.window.leaving import leave
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from benchmarks.painting import BODY
from benchmarks.playing import PLAY_S, SIZE, Stage, film, played, plays
from skelseg_core.formats.poses_npz import save_poses
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.poses.sequence import PoseSequence
from skelseg_core.project.folder import ProjectFolder, create_project, probe_video
from skelseg_core.project.project_edits import add_video


def again_and_again(path: Path, out: Path, seconds: float) -> Path:
    """The packets of a film, copied until it is long enough."""
    with av.open(str(path)) as source, av.open(str(out), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        length, base = stream.duration or 1, stream.time_base or 1
        for turn in range(math.ceil(seconds / float(length * base))):
            source.seek(0, stream=stream)
            for packet in source.demux(stream):
                if packet.dts is not None and packet.pts is not None:
                    packet.pts += turn * length
                    packet.dts += turn * length
                    packet.stream = copy
                    output.mux(packet)
    return out


def opening(path: Path) -> None:
    """From asking for an hour to its first picture, the first time and after."""
    stage, took, said = Stage(), [], set()
    player = stage.player

    def note() -> None:
        if player.reading is not None:
            said.add(player.reading.step)

    player.state_changed.connect(note)
    for _ in range(3):
        stage.shown.clear()
        start = time.perf_counter()
        player.open(path)
        stage.wait(lambda: bool(stage.shown), 600.0)
        took.append(time.perf_counter() - start)
    frames = player.info.n_frames if player.info else 0
    player.close()
    print(
        f"{frames:,} frames of 1080p, {path.stat().st_size / 2**20:.0f} MB: first "
        f"picture after {took[0]:.1f} s the first time ('{', '.join(said)}'), after "
        f"{took[1]:.2f} and {took[2]:.2f} s then (target 1)"
    )


def people(n_frames: int) -> PoseSequence:
    """Two who stand and sway."""
    sway = 60 * np.sin(np.arange(n_frames) / 20)[:, None, None, None]
    middle = np.array([(700.0, 540.0), (1300.0, 540.0)])[None, :, None]
    points = np.array(BODY)[None, None] * 800 + middle + sway * np.array([1.0, 0.1])
    scores = np.full(points.shape[:-1], 0.9, np.float32)
    return PoseSequence(points.astype(np.float32), scores, "coco17", SIZE, "drawn")


def project_of(path: Path, root: Path) -> ProjectFolder:
    """A project of one film with poses."""
    folder, project = create_project(root, label_map_from_names(["a", "b"]))
    item = probe_video(path, folder, project)
    folder.save(add_video(project, item), project)
    save_poses(
        folder.poses_path(item.id), people(item.n_frames), item.video.fingerprint
    )
    return folder


def plays_in_the_window(folder: ProjectFolder, settings: Settings) -> None:
    """Ten seconds with everything over the picture."""
    window, stage = MainWindow(settings), Stage()
    window.resize(1600, 1000)
    window.show()
    project_window: ProjectWindow = window.fill(open_document(folder))
    project_window.start()
    session, player = project_window.session, project_window.player
    stage.wait(lambda: player.picture is not None)
    stage.rest(3.0)
    session.set_overlays(skeleton=True, heatmap=True)
    player.seek(300)
    stage.rest(2.0)
    shown: list[tuple[float, int]] = []
    player.picture_changed.connect(
        lambda picture: shown.append((time.perf_counter(), picture.frame))
    )
    player.play()
    stage.rest(PLAY_S)
    player.pause()
    print(played("the whole window, skeleton, heatmap", shown, 1.0))
    stage.player.close()
    leave(window)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = name
        application = QApplication([])
        root = Path(name)
        path = film(root / "film.mp4", 30.0)
        plays(path, 1.0, 300)
        folder = project_of(path, root / "project")
        plays_in_the_window(folder, Settings(root / "settings.ini"))
        long = again_and_again(path, root / "hour.mp4", 3600 * options.hours)
        opening(long)
        application.quit()


if __name__ == "__main__":
    main()
