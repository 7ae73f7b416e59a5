"""What is drawn over the picture: where it comes from, and how it is painted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QKeySequence, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.services.models.file_readers import heatmap_input
from app.state.session import Overlays, Session
from app.views.picture.exposure import table, words
from app.views.picture.frame_overlay import FrameOverlay, person_at
from app.views.picture.heatmap_paint import paint_heatmaps
from app.views.picture.layers import OverlayScene, paint_layers
from app.views.picture.overlay_panel import OVERLAYS, OverlayPanel
from app.views.picture.overlays import PoseOverlay
from app.views.picture.placement import Placement
from app.views.picture.subjects_paint import paint_others, paint_subject
from app.views.picture.transport import FrameLabel
from skelseg_core.config import FeatureConfig, HeatmapConfig, ModelConfig, Preset
from skelseg_core.features.extraction import heatmap_pixels
from skelseg_core.features.seen_heatmaps import SeenHeatmap
from skelseg_core.poses.sequence import PoseSequence, follow_boxes
from skelseg_core.poses.skeleton import Skeleton
from skelseg_core.poses.skeletons import load_skeleton
from skelseg_core.poses.subject_input import derived_features, make_subject_input

W, H = 400, 300
ARMS = Skeleton(
    "arms", ("left_wrist", "right_wrist", "mid"), ((0, 2), (1, 2)), ((0, 1),)
)
GREY = QColor(90, 90, 90)


def walking(frames: int = 40) -> PoseSequence:
    """A subject who walks to the right, 5 px a frame, and another who stands still."""
    keypoints = np.zeros((frames, 2, 3, 2), np.float32)
    keypoints[:, 0] = [[60, 80], [100, 80], [80, 160]]
    keypoints[:, 0, :, 0] += 5 * np.arange(frames)[:, None]
    keypoints[:, 1] = [[260, 200], [340, 200], [300, 280]]
    scores = np.full((frames, 2, 3), 0.9, np.float32)
    return PoseSequence(keypoints, scores, "arms", (W, H))


def source_of(
    recipe: Preset | None = None, poses: PoseSequence | None = None
) -> PoseOverlay:
    recipe, poses = recipe or Preset(), poses or walking()
    subject = np.zeros(poses.n_frames, int)
    heatmap = heatmap_input(poses, subject, ARMS, recipe)
    return PoseOverlay(poses, subject, ARMS, heatmap=heatmap)


class Sheet:
    """A grey picture of 400x300 to paint on; one px of it is one of the widget."""

    def __init__(self) -> None:
        self.image = QImage(W, H, QImage.Format.Format_RGB32)
        self.image.fill(GREY)
        self.painter = QPainter(self.image)
        self.place = Placement(1.0, 0.0, 0.0, W, H)
        self.room = QRectF(0, 0, W, H)

    def layers(self, source: PoseOverlay, frame: int, **wanted: object) -> None:
        nothing = dict.fromkeys((n for n, _, _ in OVERLAYS), False)
        overlays = replace(Overlays(), **{**nothing, **wanted})  # type: ignore[arg-type]
        scene = OverlayScene(frame, overlays, self.place, self.room)
        paint_layers(self.painter, replace(scene, source=source))
        self.painter.end()

    def at(self, x: int, y: int) -> QColor:
        if self.painter.isActive():
            self.painter.end()
        return self.image.pixelColor(x, y)

    def drawn(self) -> np.ndarray:
        """Where anything was painted, (H, W)."""
        self.at(0, 0)
        pixels = np.frombuffer(self.image.constBits(), np.uint32).reshape(H, W)
        return np.asarray(pixels != GREY.rgb())


@pytest.fixture
def sheet(qapp: object) -> Iterator[Sheet]:
    made = Sheet()
    yield made
    made.at(0, 0)


# -- what networks are given --------------------------------------------------------


@pytest.mark.parametrize("kind", ["joint", "limb", "combined"])
@pytest.mark.parametrize(
    ("encoder", "view"),
    [
        *(("backbone", view) for view in ("video", "subject")),
        *(("trained", view) for view in ("video", "subject", "both")),
    ],
)
def test_what_is_shown_is_what_the_network_sees(
    kind: str, encoder: str, view: str
) -> None:
    poses = walking()
    poses.keypoints[10:12, 0, 0] = np.nan  # a gap that the recipe bridges
    poses.scores[10:12, 0, 0] = 0
    recipe = Preset(
        HeatmapConfig(kind=kind, size=40, view=view),
        FeatureConfig(max_gap=3),
        ModelConfig(modalities=("heatmap",), heatmap_encoder=encoder),
    )
    source, body = (
        source_of(recipe, poses),
        make_subject_input(poses, np.zeros(40, int), ARMS, recipe),
    )
    if encoder == "trained":
        given = derived_features(body, "heatmap", recipe).reshape(40, -1, 20, 20)
    else:
        given = np.concatenate(list(body.heatmaps(recipe.heatmap)))
        given = heatmap_pixels(given).reshape(40, 1, 112, 112)
    squares = follow_boxes(body.poses)
    for frame in (0, 11, 39):
        heatmaps = source.heatmaps_at(frame)
        np.testing.assert_array_equal([h.values for h in heatmaps], given[frame])
        boxes = {"video": [body.box], "subject": [squares[frame]]}
        boxes["both"] = boxes["video"] + boxes["subject"]
        for heatmap, wanted in zip(heatmaps, boxes[view], strict=True):
            assert heatmap.box == pytest.approx(tuple(wanted))
            assert 0.3 < heatmap.light.max() <= 1
    assert not source.heatmaps_at(40)


def test_nobody_has_no_heatmap() -> None:
    poses, subject = walking(), np.array([0] * 20 + [1] * 10 + [-1] * 10)
    heatmap = heatmap_input(poses, subject, ARMS, Preset())
    source = PoseOverlay(poses, subject, ARMS, heatmap=heatmap)
    assert not source.heatmaps_at(35)
    assert source.heatmaps_at(25)
    assert source.at(40) is None


# -- painting -----------------------------------------------------------------------


def test_cells_are_painted_as_cells_in_their_box(sheet: Sheet) -> None:
    light = np.zeros((4, 4), np.float32)
    light[1, 2] = 1.0
    place = Placement(2.0, 10.0, 20.0, 90, 90)
    heatmap = SeenHeatmap(light, light, (20.0, 10.0, 60.0, 50.0))
    paint_heatmaps(sheet.painter, [heatmap], place, place.rect)
    # The cell (row 1, column 2) covers 40..50 x 20..30 of the picture.
    for x, y in ((41, 21), (49, 29), (45, 25)):
        assert sheet.at(2 * x + 10, 2 * y + 20).lightness() > 190
    for x, y in ((38, 25), (52, 25), (45, 18), (45, 32)):
        assert sheet.at(2 * x + 10, 2 * y + 20).lightness() < 45
    assert sheet.at(2 * 62 + 10, 2 * 30 + 20) == GREY


def test_a_scene_stands_in_the_corner_and_the_body_in_its_place(sheet: Sheet) -> None:
    dark, bright = np.zeros((28, 28), np.float32), np.ones((28, 28), np.float32)
    scene = SeenHeatmap(bright, bright, (100.0, 0.0, 400.0, 300.0))
    body = SeenHeatmap(dark, dark, (200.0, 50.0, 300.0, 150.0))
    paint_heatmaps(sheet.painter, [scene, body], sheet.place, sheet.room)
    assert sheet.at(60, 240).lightness() > 190
    assert sheet.at(250, 100).lightness() < 45
    assert sheet.at(350, 100) == GREY


def test_what_is_missing_is_absent_and_what_is_doubtful_faded(sheet: Sheet) -> None:
    sheet.image.fill(QColor(0, 0, 0))
    keypoints = np.array([[[40.0, 40], [80, 40], [np.nan, np.nan]]])
    overlay = FrameOverlay(keypoints, np.array([[0.1, 0.25, 0.0]]), 0)
    paint_subject(sheet.painter, overlay, ARMS, sheet.place)
    assert sheet.at(40, 40) == QColor(0, 0, 0)
    assert sheet.at(0, 0) == QColor(0, 0, 0)
    assert 60 < sheet.at(80, 40).red() < 160


@pytest.mark.parametrize("name", [name for name, _, _ in OVERLAYS])
def test_every_overlay_has_a_switch(sheet: Sheet, name: str) -> None:
    def painted(**wanted: object) -> np.ndarray:
        this = Sheet()
        overlays = replace(
            Overlays(), **{**dict.fromkeys(n for n, _, _ in OVERLAYS), **wanted}
        )  # type: ignore[arg-type]
        label = FrameLabel("reach", "#009e73")
        scene = OverlayScene(30, overlays, this.place, this.room, source_of(), label)
        paint_layers(this.painter, scene)
        this.at(0, 0)
        pixels = np.frombuffer(this.image.constBits(), np.uint8)
        return pixels.reshape(H, W, 4)[..., :3].astype(int)

    # Other people belong to the skeletons and go with them.
    also = {"skeleton": True} if name == "others" else {}
    nothing, full = painted(**also), painted(**also, **{name: True})
    assert np.abs(full - nothing).sum() > 0


def test_another_person_under_the_pointer_shows_though_hidden(sheet: Sheet) -> None:
    source = source_of()
    overlays = replace(Overlays(), others=False, labels=False)
    scene = OverlayScene(0, overlays, sheet.place, sheet.room, source, hovered=1)
    paint_layers(sheet.painter, scene)
    assert sheet.at(280, 240).lightness() > 200


def test_bundled_skeletons_are_painted(sheet: Sheet) -> None:
    skeleton = load_skeleton("coco17")
    rng = np.random.default_rng(0)
    people = rng.uniform(0, 100, (3, len(skeleton), 2))
    overlay = FrameOverlay(people, rng.uniform(0, 1, (3, len(skeleton))), 1)
    paint_others(sheet.painter, overlay, skeleton, sheet.place, [0, 2])
    paint_subject(sheet.painter, overlay, skeleton, sheet.place)
    assert sheet.drawn()[:110, :110].any()
    assert not sheet.drawn()[:, 110:].any()


def test_the_nearer_of_two_that_overlap() -> None:
    keypoints = np.array([[[0.0, 0], [100, 100]], [[60.0, 0], [120, 60]]])
    overlay = FrameOverlay(keypoints, np.ones((2, 2)))
    assert person_at(overlay, 88, 30, 0) == 1
    assert person_at(overlay, 62, 58, 0) == 0
    assert person_at(overlay, 200, 200, 10) == -1
    assert person_at(overlay, 127, 50, 10) == 1


# -- light --------------------------------------------------------------------------


def test_tables_of_light() -> None:
    assert table(1.0) == bytes(range(256))
    bright = table(2.0)
    assert (bright[0], bright[64], bright[255]) == (0, 128, 255)
    assert [words(g) for g in (1.0, 2.0, 0.5)] == [
        "",
        "Picture brightened",
        "Picture darkened",
    ]


# -- panel and keys -----------------------------------------------------------------


def test_the_panel_says_and_sets_what_the_session_holds(qtbot: QtBot) -> None:
    session = Session()
    panel = OverlayPanel(session, None)
    qtbot.addWidget(panel)
    assert panel.checks["skeleton"].isChecked()
    panel.checks["heatmap"].click()
    assert session.overlays.heatmap
    session.set_overlays(labels=True)
    assert panel.checks["labels"].isChecked()


def test_the_panel_lights_the_picture_and_puts_it_back(qtbot: QtBot) -> None:
    session = Session()
    panel = OverlayPanel(session, None)
    qtbot.addWidget(panel)
    assert not panel.reset.isEnabled()
    panel.light.setValue(50)
    assert session.gamma == 2.0
    assert panel.value.text() == "2.00"
    panel.reset.click()
    assert session.gamma == 1.0
    assert panel.light.value() == 0


@pytest.mark.qt_log_ignore("does not support")  # popups, offscreen
def test_everything_in_the_panel_has_a_name_and_its_key(qtbot: QtBot) -> None:
    session = Session()
    panel = OverlayPanel(session, None)
    qtbot.addWidget(panel)
    assert panel.light.accessibleName()
    for name, _, key in OVERLAYS:
        assert panel.checks[name].shortcut() == QKeySequence(key)
    panel.show()
    assert QTest.qWaitForWindowExposed(panel, 20_000)
    panel.checks["skeleton"].setFocus()
    qtbot.keyClick(panel.checks["skeleton"], Qt.Key.Key_Space)
    assert not session.overlays.skeleton
