from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.kit import theme
from app.kit.label_style import luminance, style_of
from app.kit.notices import Notices
from app.kit.settings import Scheme, Settings
from app.playback.player import Player
from app.state.current_video import CurrentVideo
from app.state.document import open_document
from app.state.session import Session
from app.timeline.view import TimelineView
from app.views.jobs.model_panel import Curves
from app.views.messages import MessageBar
from app.views.picture.transport import TransportBar
from skelseg_core.progress import Progress
from skelseg_core.project.folder import ProjectFolder

NAMED: dict[Scheme, theme.Theme] = {
    "dark": theme.DARK,
    "light": theme.LIGHT,
    "contrast-dark": theme.CONTRAST_DARK,
    "contrast-light": theme.CONTRAST_LIGHT,
}
SURFACES = ("window", "panel", "raised")
WORDS = ("text", "dim", "accent", "warn", "error", "good")


def contrast(a: str | QColor, b: str | QColor) -> float:
    low, high = sorted((luminance(QColor(a)), luminance(QColor(b))))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    font, palette, sheet = qapp.font(), qapp.palette(), qapp.styleSheet()
    yield qapp
    qapp.setFont(font)
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)


@pytest.mark.parametrize("scheme", NAMED)
def test_every_pair_of_colours_can_be_read(scheme: Scheme) -> None:
    colours = NAMED[scheme]
    high = colours.stroke_px > 1
    for word, surface in product(WORDS, SURFACES):
        found = contrast(getattr(colours, word), getattr(colours, surface))
        assert found >= (7 if high else 4.5), (word, surface, found)
    for word in ("text", "dim"):
        assert contrast(getattr(colours, word), colours.surround) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= (7 if high else 4.5)
    for edge, surface in product(("edge", "accent"), SURFACES):
        found = contrast(getattr(colours, edge), getattr(colours, surface))
        assert found >= (7 if high else 3), (edge, surface, found)
    assert contrast(colours.text, theme.button_colour(colours)) >= (7 if high else 4.5)
    if high:
        groove = theme.groove_colour(colours)
        assert contrast(groove, colours.panel) >= 3
        assert contrast(groove, colours.dim) >= 3, "a bar is told from what it runs in"
        assert all(contrast(colours.line, getattr(colours, s)) >= 7 for s in SURFACES)


@pytest.mark.parametrize("scheme", NAMED)
def test_words_and_handles_of_the_timeline_can_be_read(
    qtbot: QtBot, application: QApplication, scheme: Scheme
) -> None:
    theme.apply(application, scheme)
    assert theme.current() == NAMED[scheme]
    widget = QWidget()
    qtbot.addWidget(widget)
    style = style_of(widget)
    least = 7 if NAMED[scheme].stroke_px > 1 else 4.5
    for ground, word in product((style.surface, style.well), (style.text, style.dim)):
        assert contrast(ground, word) >= least
    assert contrast(style.on_accent, style.accent) >= least
    assert contrast(style.accent, style.well) >= 3  # playhead, chosen handle
    if least == 7:
        assert contrast(style.line, style.surface) >= 7


def test_the_desktop_is_followed_only_where_that_was_chosen(
    application: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path / "settings.ini")
    theme.apply(application, "dark")
    follower = theme.Follower(application, settings)
    hints = application.styleHints()
    named = {"system": theme.LIGHT, **NAMED}
    monkeypatch.setattr(theme, "wanted", lambda scheme: named[scheme])
    settings.scheme = "dark"
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.current() == theme.DARK
    settings.scheme = "system"
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.current() == theme.LIGHT
    named["system"] = theme.CONTRAST_LIGHT
    if hasattr(hints, "accessibility"):
        wish = Qt.ContrastPreference.HighContrast
        hints.accessibility().contrastPreferenceChanged.emit(wish)
        assert theme.current() == theme.CONTRAST_LIGHT
    follower.deleteLater()


def test_a_choice_survives_the_program(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    Settings(path).scheme = "contrast-light"
    assert Settings(path).scheme == "contrast-light"


def pixels(widget: QWidget) -> bytes:
    image = widget.grab().toImage()
    return bytes(image.constBits())


def _alike(a: QWidget, b: QWidget) -> bool:
    return pixels(a) == pixels(b)


def test_what_is_shown_follows_another_scheme(
    qtbot: QtBot, application: QApplication, project_folder: ProjectFolder
) -> None:
    """Shown under one scheme and then another, a part looks as if made under it."""
    document = open_document(project_folder)
    session = Session()
    player = Player(session)

    def parts() -> list[QWidget]:
        session.set_video("one")
        bar = MessageBar(Notices())
        bar.notices.warn("A warning.")
        made = [
            TimelineView(CurrentVideo(document, session), player),
            TransportBar(player, bar.notices),
            bar,
        ]
        for part in made:
            qtbot.addWidget(part)
            part.resize(800, 200)
            part.show()
        return made

    theme.apply(application, "dark")
    old = parts()
    kept = [*old]
    for part in old:
        pixels(part)
    for scheme in ("light", "contrast-dark"):
        theme.apply(application, scheme)
        application.processEvents()
        new = parts()
        kept += new  # none is swept up while it is painted
        for followed, fresh in zip(old, new, strict=True):
            # What is worked out in a thread comes a little later.
            same = partial(_alike, followed, fresh)
            qtbot.waitUntil(same, timeout=10_000)
    player.close()
    document.close()


def test_plots_follow_another_scheme(qtbot: QtBot, application: QApplication) -> None:
    theme.apply(application, "dark")
    curves = Curves()
    qtbot.addWidget(curves)
    curves.show()
    curves.start()
    curves.add(Progress("training fusion", 1, 9, {"loss": 0.5}))
    qtbot.waitUntil(lambda: len(curves.lines) == 1, timeout=30_000)
    theme.apply(application, "light")
    application.processEvents()
    plot = curves.plots["loss"]
    assert plot.backgroundBrush().color() == QColor(theme.LIGHT.panel)
    assert plot.getAxis("left").textPen().color() == QColor(theme.LIGHT.dim)


@pytest.mark.parametrize("scheme", NAMED)
def test_a_default_button_that_is_disabled_looks_so(
    qtbot: QtBot, application: QApplication, scheme: Scheme
) -> None:
    theme.apply(application, scheme)
    dialog = QDialog()
    qtbot.addWidget(dialog)
    button = QPushButton("Accept", dialog)
    button.setDefault(True)
    button.setEnabled(False)
    dialog.show()
    ground = button.grab().toImage().pixelColor(6, button.height() // 2)
    assert ground.name() == QColor(NAMED[scheme].panel).name()
