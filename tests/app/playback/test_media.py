"""Images and streams in the window: added, shown, at their rate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services.models.file_readers import read_thumbs
from app.services.services import Services
from app.window.find_project import project_for
from skelseg_core.errors import SkelsegError
from skelseg_core.features.video_work import work_on
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import run
from skelseg_core.project.folder import ProjectFolder, create_project
from tests.app.made_services import close_services, make_services
from tests.videos import read_code, write_images

N = 30


@pytest.fixture
def services(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[Services]:
    made = make_services(project_folder)
    yield made
    close_services(made)


def shown(services: Services, qtbot: QtBot, frame: int) -> int:
    """The number in the picture of a frame."""
    player = services.player
    qtbot.waitUntil(lambda: player.info is not None, timeout=20_000)
    player.seek(frame)
    qtbot.waitUntil(
        lambda: player.picture is not None and player.picture.frame == frame,
        timeout=20_000,
    )
    assert player.picture is not None
    return read_code(player.picture.pixels)


def add(services: Services, qtbot: QtBot, paths: list[Path], wanted: str) -> None:
    services.files.video_files.add(paths)
    document, session = services.document, services.session
    qtbot.waitUntil(lambda: session.track_id == wanted, timeout=20_000)
    assert document.project.has(wanted)


def test_dropped_images_become_one_video(
    qtbot: QtBot, services: Services, tmp_path: Path
) -> None:
    images = write_images(tmp_path / "take", range(N))
    add(services, qtbot, sorted(images.iterdir()), "take-img")
    assert services.player.info is None or services.player.info.n_frames == N
    assert shown(services, qtbot, 17) == 17
    assert services.files.video_files.image_rate == 25
    document = services.document
    services.files.video_files.set_image_rate(10)
    qtbot.waitUntil(
        lambda: (
            services.player.info is not None
            and services.player.info.mean_rate == pytest.approx(10)
        ),
        timeout=20_000,
    )
    assert document.project.track("take-img").video.mean_rate == 10
    assert shown(services, qtbot, 3) == 3
    document.undo_stack.undo()
    qtbot.waitUntil(
        lambda: (
            services.player.info is not None
            and services.player.info.mean_rate == pytest.approx(25)
        ),
        timeout=20_000,
    )
    qtbot.waitUntil(
        lambda: not (services.jobs.running or document.unsaved), timeout=20_000
    )
    thumbs: dict[str, object] = {}
    run(read_thumbs(document.folder, document.project, thumbs.__setitem__))
    assert "take-img" in thumbs
    # A network is given the same pictures.
    with work_on(str(document.folder.root), "take-img", 1).open_video() as reader:
        assert [read_code(p) for _, p in reader.frames(4, 7)] == [4, 5, 6]


def test_a_folder_of_images_means_its_project(tmp_path: Path) -> None:
    images = write_images(tmp_path / "take", range(3))
    with pytest.raises(SkelsegError, match="is not a skelseg project"):
        project_for(tmp_path)
    made, _ = create_project(tmp_path / "take-project", label_map_from_names("ab"))
    assert project_for(images) == made.root.resolve()
    write_images(images, range(3), "other_%d.png")
    made.project_file.unlink()
    with pytest.raises(SkelsegError, match="more than one kind"):
        project_for(images)
