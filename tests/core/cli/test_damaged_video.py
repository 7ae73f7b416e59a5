"""A damaged video says so when added and to the doctor: how many frames, where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.project.folder import create_project
from skelseg_core.video.reader import VideoReader
from tests.commands import done
from tests.videos import write_video


def noisy(path: Path, n_frames: int, keyframes: int, at: float, size: int) -> Path:
    """A film with bytes of noise in its pictures, as a bad copy has them."""
    options = {"g": str(keyframes), "crf": "1"}
    write_video(path, n_frames, rate=10, size=(384, 288), options=options)
    data = bytearray(path.read_bytes())
    begin = data.find(b"mdat") + 8
    place = begin + int(at * (len(data) - begin))
    data[place : place + size] = np.random.default_rng(1).bytes(size)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("at", [0.001, 0.3, 0.7])
def test_noise_in_a_film_is_said(tmp_path: Path, at: float) -> None:
    film = noisy(tmp_path / "film.mp4", 30, 12, at, 8192)
    root = tmp_path / "p"
    create_project(root, label_map_from_names(["walk"]))
    with VideoReader(film) as reader:
        shown = [int(n) for n in range(len(reader))]
    for said in (done("add", root, film), done("doctor", film), done("doctor", root)):
        assert "film.mp4 is damaged: at least " in said
        assert " of 30 frames cannot be decoded, the first " in said
    where = "at its start" if at < 0.1 else "after frame "
    assert f"cannot be decoded, the first {where}" in said
    assert len(shown) <= 30


def test_what_decoding_met_is_kept_for_the_doctor(tmp_path: Path) -> None:
    """Noise within one picture is seen by nobody who reads packets."""
    film = noisy(tmp_path / "film.mp4", 120, 30, 0.5, 400)
    assert "damaged" not in done("doctor", film)
    with VideoReader(film) as reader:
        assert [n for n, _ in reader.frames()] == list(range(120))
    said = done("doctor", film)
    assert " of 120 frames cannot be decoded well and are spoiled or show the" in said
    assert ", the first is frame " in said


def test_a_sound_film_is_not_damaged(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", 30)
    assert "damaged" not in done("doctor", film)
