from __future__ import annotations

from pathlib import Path

import pytest

from skelseg_core.file_kinds import VIDEO_SUFFIXES, patterns
from skelseg_core.formats.dataset_arrays import find_video


def test_patterns_are_those_of_a_file_dialog() -> None:
    assert patterns((".mp4", ".avi")) == "*.mp4 *.avi"


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_a_data_set_has_videos_of_every_kind(tmp_path: Path, suffix: str) -> None:
    for name in (f"a{suffix}", f"b{suffix.upper()}"):
        (tmp_path / name).touch()
        assert find_video([tmp_path], name[0]) == tmp_path / name
    assert find_video([tmp_path], "c") is None
