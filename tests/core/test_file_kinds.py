from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.file_kinds import (
    POSE_FORMATS,
    POSE_SUFFIXES,
    VIDEO_SUFFIXES,
    WRITTEN_POSE_FORMATS,
    patterns,
)
from skelseg_core.formats.dataset_arrays import find_video
from skelseg_core.project import pose_files


def test_every_format_of_poses_is_named_once() -> None:
    assert set(pose_files.FORMATS) == set(POSE_FORMATS)
    writes = {name for name, kind in pose_files.FORMATS.items() if kind.save}
    assert writes == set(WRITTEN_POSE_FORMATS)
    assert set(pose_files._BY_SUFFIX) == set(POSE_SUFFIXES)


def test_patterns_are_those_of_a_file_dialog() -> None:
    assert patterns((".mp4", ".avi")) == "*.mp4 *.avi"


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_a_data_set_has_videos_of_every_kind(tmp_path: Path, suffix: str) -> None:
    for name in (f"a{suffix}", f"b{suffix.upper()}"):
        (tmp_path / name).touch()
        assert find_video([tmp_path], name[0]) == tmp_path / name
    assert find_video([tmp_path], "c") is None
