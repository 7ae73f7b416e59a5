"""Parts of a video are played, and a frame is found by what somebody types."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.services.labelling.current_boundary import CurrentBoundary
from app.services.review.review_playback import NO_BOUNDARY
from app.views.frame_field import find_frame
from app.views.picture.transport import TransportBar
from skelseg_core.errors import EditError
from skelseg_core.labels.edits import paint
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.video.times import FrameTimes
from tests.app.conftest import N_FRAMES
from tests.app.made_services import close_services, make_services

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bench(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[SimpleNamespace]:
    services = make_services(project_folder)
    session, player, document = services.session, services.player, services.document
    watching, bar = (
        services.review.review_playback,
        TransportBar(player, services.notices),
    )
    bar.plan_clicked.connect(watching.leave)
    said: list[str] = []
    news: list[str] = []
    services.notices.said.connect(news.append)
    services.notices.warned.connect(said.append)
    session.set_video("one")
    qtbot.waitUntil(lambda: player.picture is not None, timeout=20_000)
    yield SimpleNamespace(
        player=player,
        session=session,
        document=document,
        current_video=services.current_video,
        review_playback=watching,
        bar=bar,
        said=said,
        news=news,
        boundary=CurrentBoundary(document, session, player),
    )
    close_services(services)
    bar.deleteLater()


def label(bench: SimpleNamespace) -> None:
    """[0, 30) walk, [30, 60) reach, the rest nothing."""
    for start, stop, class_id in ((0, 30, 0), (30, 60, 1)):
        bench.document.edit_lane(
            "Paint", "one", lambda s, a=start, b=stop, c=class_id: paint(s, a, b, c)
        )


def seek(bench: SimpleNamespace, qtbot: QtBot, frame: int) -> None:
    bench.player.seek(frame)
    qtbot.waitUntil(lambda: bench.session.frame == frame, timeout=20_000)


def spans(bench: SimpleNamespace) -> list[tuple[int, int]]:
    return [(bench.player.plan.start, bench.player.plan.stop)]


def test_a_marked_range_is_looped_before_the_segment(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    label(bench)
    seek(bench, qtbot, 40)
    bench.session.set_range(20, None)
    bench.review_playback.loop()
    assert spans(bench) == [(30, 60)], "a range without an end is none"
    bench.review_playback.loop()
    bench.session.set_range(20, 35)
    bench.review_playback.loop()
    assert (bench.review_playback.plan, spans(bench)) == ("loop", [(20, 35)])
    bench.player.pause()
    seek(bench, qtbot, 10)
    bench.review_playback.loop_segment()
    assert spans(bench) == [(0, 30)], "as the right click on a segment says"


def test_the_segment_under_the_playhead_is_looped_until_it_is_left(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    label(bench)
    seek(bench, qtbot, 40)
    bench.review_playback.loop()
    assert bench.player.playing
    assert (bench.review_playback.plan, spans(bench)) == ("loop", [(30, 60)])
    assert bench.bar.plan.isChecked()
    seen: list[int] = []
    bench.session.frame_changed.connect(seen.append)
    bench.player.set_rate(4.0)
    qtbot.waitUntil(lambda: any(np.diff(seen) < 0), timeout=20_000)
    assert all(30 <= n < 60 for n in seen)
    qtbot.mouseClick(bench.bar.plan, LEFT)
    assert (bench.review_playback.plan, bench.bar.plan.isChecked()) == ("", False)
    assert bench.player.playing
    bench.player.pause()
    qtbot.mouseClick(bench.bar.plan, LEFT)
    assert bench.review_playback.plan == "loop"
    bench.review_playback.loop()
    assert bench.review_playback.plan == ""


def test_a_boundary_is_led_to_and_rested_at(
    bench: SimpleNamespace, qtbot: QtBot
) -> None:
    bench.review_playback.around()
    assert bench.said == [NO_BOUNDARY]
    label(bench)
    seek(bench, qtbot, 80)
    bench.review_playback.around()  # the nearest: 60
    times = bench.player.info.times.starts_s
    ((start, stop),) = spans(bench)
    assert times[start] == pytest.approx(times[60] - 1.0, abs=1e-6)
    assert stop == min(N_FRAMES, int(np.searchsorted(times, times[60] + 1, "right")))
    bench.player.set_rate(8.0)
    qtbot.waitUntil(lambda: not bench.player.playing, timeout=20_000)
    qtbot.waitUntil(lambda: bench.session.frame == 60, timeout=20_000)
    bench.session.set_boundary(0)  # the selected one goes before the nearest
    bench.review_playback.around()
    assert spans(bench)[0][0] <= 30 < spans(bench)[0][1]


TIMES = FrameTimes.even(100, 30)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("0", 0),
        (" 42 ", 42),
        ("99", 99),
        ("0:01", 30),
        ("0:01.033", 31),  # as it is shown: frame 31 begins at 1.0333
        ("1.5", 45),
        ("2 s", 60),
        ("0:00:03.3", 99),
    ],
)
def test_a_frame_is_found_by_number_or_time(text: str, frame: int) -> None:
    assert find_frame(text, TIMES) == frame


def test_thousands_may_be_set_apart() -> None:
    assert find_frame("1,234", FrameTimes.even(2000, 30)) == 1234
    assert find_frame("1:02.5", FrameTimes.even(2000, 30)) == 1875


@pytest.mark.parametrize("text", ["100", "3.4", "1:00", "abc", "1,5", "", "-1"])
def test_what_is_not_there_is_said(text: str) -> None:
    with pytest.raises(EditError, match=r"frame|ends before"):
        find_frame(text, TIMES)


def test_one_types_where_to_go(bench: SimpleNamespace, qtbot: QtBot) -> None:
    window, other = QWidget(), QWidget()
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout = QVBoxLayout(window)
    layout.addWidget(bench.bar)
    layout.addWidget(other)
    bench.bar.left.connect(other.setFocus)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowExposed(window, 20_000)
    field = bench.bar.frame
    bench.bar.go_to()
    qtbot.waitUntil(field.hasFocus, timeout=20_000)
    qtbot.keyClicks(field, "12")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert other.hasFocus()
    qtbot.waitUntil(lambda: bench.session.frame == 12, timeout=20_000)
    assert field.text() == "12"
    bench.bar.go_to()
    qtbot.keyClicks(field, "9999")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert bench.said == [f"There is no frame 9,999. The last one is {N_FRAMES - 1}."]
    bench.bar.go_to()
    qtbot.keyClicks(field, "7")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), bench.session.frame) == ("12", 12)
    layout.removeWidget(bench.bar)
    bench.bar.setParent(None)
