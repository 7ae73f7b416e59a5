"""The user's folders where another system would put them."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from platformdirs.windows import Windows

from skelseg_core import user_folders
from skelseg_core.features.extraction import FeatureCache
from skelseg_core.progress import run
from skelseg_core.video.audio import read_waveform
from tests.videos import write_video


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Name folders as on Windows; this is the user's folder of local data there."""
    monkeypatch.setattr(platformdirs, "PlatformDirs", Windows)
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda _: str(tmp_path))
    return tmp_path


def test_windows_has_one_folder_of_caches(local: Path, tmp_path: Path) -> None:
    caches = local / "skelseg" / "Cache"
    assert user_folders.cache_folder() == caches
    assert FeatureCache().folder == caches / "features"
    run(read_waveform(write_video(tmp_path / "a.mp4", 3, audio_s=0.1)))
    kept = {file.parent for file in caches.rglob("*") if file.is_file()}
    assert kept == {caches / "index", caches / "sound"}


def test_windows_keeps_the_folders_of_earlier_versions(local: Path) -> None:
    # Journals of edits that were never saved lie there.
    for folder in (
        user_folders.state_folder(),
        user_folders.config_folder(),
        user_folders.data_folder(),
    ):
        assert folder == local / "skelseg" / "skelseg"
