"""Timeline geometry: where a frame is drawn is where it is hit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.geometry import (
    MAX_PX_PER_FRAME,
    TimeWindow,
    pixel_frames,
    raster,
    tick_step,
    visible,
)
from app.timeline.snapping import hit_boundary, snap


@st.composite
def views(draw: st.DrawFn) -> TimeWindow:
    n_frames = draw(st.integers(1, 200_000))
    view = TimeWindow.fitted(n_frames, draw(st.integers(1, 2000)))
    factor = draw(st.floats(1, 1000))
    return view.zoomed(factor, draw(st.floats(0, view.width)))


@st.composite
def tilings(draw: st.DrawFn) -> tuple[TimeWindow, np.ndarray]:
    view = draw(views())
    inner = draw(st.lists(st.integers(1, max(1, view.n_frames - 1)), max_size=30))
    cuts = sorted({c for c in inner if c < view.n_frames})
    return view, np.array([0, *cuts], np.int64)


@given(views(), st.data())
def test_a_frame_is_found_where_it_is_drawn(
    view: TimeWindow, data: st.DataObject
) -> None:
    frame = data.draw(st.integers(0, view.n_frames - 1))
    assert view.frame_at(view.x_of(frame)) == frame
    assert view.frame_at((view.x_of(frame) + view.x_of(frame + 1)) / 2) == frame
    assert view.edge_at(view.x_of(frame)) == frame


@pytest.mark.parametrize(
    "view",
    [
        # Of these views some frames begin, by rounding, just before themselves.
        TimeWindow(1000, 0.1, 0.3, 400),
        TimeWindow(500, 3.3, 1 / MAX_PX_PER_FRAME, 800),
        TimeWindow(1000, 0.1, 0.1, 400),
    ],
)
def test_a_frame_is_found_where_it_begins_whatever_the_rounding(
    view: TimeWindow,
) -> None:
    frames = range(math.ceil(view.first), math.floor(view.last))
    assert any(math.floor(view.position(view.x_of(f))) != f for f in frames)
    assert [view.frame_at(view.x_of(f)) for f in frames] == list(frames)


@pytest.mark.parametrize("factor", [2.0, 0.5, 1.3])
@pytest.mark.parametrize("x", [0.0, 100.0, 399.0])
def test_zoom_keeps_the_frame_under_its_anchor(factor: float, x: float) -> None:
    view = TimeWindow(10_000, 4000.0, 2.0, 400)
    zoomed = view.zoomed(factor, x)
    assert zoomed.frames_per_px == 2.0 / factor
    assert zoomed.position(x) == pytest.approx(view.position(x), abs=1e-6)


@given(views())
def test_a_view_shows_nothing_outside_the_video(view: TimeWindow) -> None:
    assert view.first >= 0
    assert view.last <= view.n_frames * (1 + 1e-9)
    largest = max(MAX_PX_PER_FRAME, view.width / view.n_frames)
    assert 1 / view.frames_per_px <= largest * (1 + 1e-9)


@given(views(), st.floats(0.05, 20), st.floats(0, 1))
def test_zoom_keeps_what_is_under_the_pointer(
    view: TimeWindow, factor: float, share: float
) -> None:
    x = share * view.width
    zoomed = view.zoomed(factor, x)
    inside = zoomed.first > 0 and zoomed.last < view.n_frames - 1e-6
    if inside:
        assert zoomed.x_of(view.position(x)) == pytest.approx(x, abs=1e-3)
    assert zoomed.clamped() == zoomed


@given(views(), st.floats(-1e6, 1e6))
def test_panning_keeps_the_scale_and_stays_in_the_video(
    view: TimeWindow, px: float
) -> None:
    panned = view.panned(px)
    assert panned.frames_per_px == view.frames_per_px
    assert -1e-9 <= panned.first <= view.n_frames
    assert view.fit() == TimeWindow.fitted(view.n_frames, view.width)


@given(views(), st.data())
def test_turning_the_page_shows_the_frame(
    view: TimeWindow, data: st.DataObject
) -> None:
    frame = data.draw(st.integers(0, view.n_frames - 1))
    assert view.showing(frame).holds(frame)
    if view.holds(frame):
        assert view.showing(frame) is view


@given(views(), st.integers(1, 2000))
def test_a_whole_video_stays_whole_when_resized(view: TimeWindow, width: int) -> None:
    assert view.fit().resized(width).is_fit
    assert view.resized(width).width == width


@given(tilings())
def test_each_pixel_shows_the_segment_of_its_middle(
    case: tuple[TimeWindow, np.ndarray],
) -> None:
    view, starts = case
    row = raster(starts, np.arange(len(starts)), view)
    assert row.shape == (view.width,)
    for x in (0, view.width // 2, view.width - 1):
        frame = min(int(view.position(x + 0.5)), view.n_frames - 1)
        assert row[x] == np.searchsorted(starts, frame, side="right") - 1
    low, high = visible(starts, view)
    assert 0 <= low < high <= len(starts)
    assert low <= row.min()
    assert row.max() < high


@given(tilings(), st.floats(-4, 4))
def test_a_boundary_is_hit_within_four_pixels(
    case: tuple[TimeWindow, np.ndarray], off: float
) -> None:
    view, starts = case
    boundaries = starts[1:]
    for i, frame in enumerate(boundaries.tolist()):
        hit = hit_boundary(boundaries, view, view.x_of(frame) + off)
        assert hit is not None
        distance = abs(view.x_of(boundaries[hit]) - view.x_of(frame) - off)
        assert distance <= abs(off) + 1e-6
        if off == 0:
            assert hit == i


def test_far_from_every_boundary_nothing_is_hit() -> None:
    view = TimeWindow.fitted(1000, 1000)
    assert hit_boundary(np.array([500]), view, 507) is None
    assert hit_boundary(np.array([], np.int64), view, 500) is None


def test_snap_takes_the_nearest_candidate_in_reach() -> None:
    view = TimeWindow.fitted(1000, 500)
    candidates = np.array([100, 120, 400])
    assert snap(108.0, candidates, view, 6) == 100
    assert snap(113.0, candidates, view, 6) == 120
    assert snap(140.0, candidates, view, 6) is None


@given(views(), st.floats(10, 300))
def test_ticks_are_round_and_far_enough_apart(view: TimeWindow, px: float) -> None:
    step = tick_step(view, px)
    assert step >= 1
    assert step / view.frames_per_px >= px * (1 - 1e-6)
    assert str(step).rstrip("0") in {"1", "2", "5"}


@given(views())
def test_every_frame_that_shows_is_under_a_pixel(view: TimeWindow) -> None:
    low, high = pixel_frames(view)
    assert low.shape == high.shape == (view.width,)
    assert (high > low).all()
    assert low[0] >= 0
    assert high[-1] <= view.n_frames
    # Nothing between two pixels is left out, nothing counts for two but wide frames.
    assert (low[1:] <= high[:-1]).all()
    assert ((low[1:] == high[:-1]) | (high[:-1] - low[:-1] == 1)).all()


def test_a_wide_frame_is_under_all_its_pixels() -> None:
    low, high = pixel_frames(TimeWindow.fitted(4, 40))
    assert low.tolist() == [n // 10 for n in range(40)]
    assert (high == low + 1).all()
