"""What is seen, and in which colours."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from app.kit import theme
from app.kit.commands import Entry, separator
from app.kit.settings import Scheme, Settings
from app.services.services import Services
from app.timeline.view import TimelineView
from app.views.picture.overlay_panel import OVERLAYS
from app.views.picture.video import VideoView

OVERLAY_MENU, PICTURE_MENU = "&View > &Overlays", "&View > &Picture"


def view_entries(
    services: Services, timeline: TimelineView, video: VideoView
) -> list[Entry]:
    """What is drawn over the picture, and the zoom of picture and timeline."""
    menu, timeline_menu, session = OVERLAY_MENU, "&View > &Timeline", services.session

    def overlay(name: str, text: str, key: str) -> Entry:
        return Entry(
            f"overlay-{name}",
            menu,
            text,
            (key,),
            lambda: session.set_overlays(**{name: not getattr(session.overlays, name)}),
            checked=lambda: bool(getattr(session.overlays, name)),
        )

    return [
        *(overlay(*row) for row in OVERLAYS),
        separator(menu),
        Entry("overlays", menu, "Overlays and light…", ("V",), video.show_panel),
        *_picture_entries(video),
        *(
            Entry(name, timeline_menu, text, keys, run)
            for name, text, keys, run in (
                ("zoom-in", "Zoom the timeline in", ("+", "="), timeline.zoom_in),
                ("zoom-out", "Zoom the timeline out", ("-",), timeline.zoom_out),
                ("zoom-fit", "Whole video in the timeline", ("F",), timeline.zoom_fit),
            )
        ),
    ]


def _picture_entries(video: VideoView) -> list[Entry]:
    """The zoom of the picture."""
    menu = PICTURE_MENU
    return [
        Entry("picture-fit", menu, "Whole picture", ("Ctrl+0",), video.zoom_fit),
        Entry("picture-actual", menu, "Picture 1:1", ("Ctrl+1",), video.zoom_actual),
    ]


def scheme_entries(settings: Settings) -> list[Entry]:
    """Dark, light, high contrast, or as the system says."""
    texts: dict[Scheme, str] = {
        "system": "Colours of the system",
        "dark": "Dark",
        "light": "Light",
        "contrast-dark": "High contrast, dark",
        "contrast-light": "High contrast, light",
    }

    def choose(scheme: Scheme) -> None:
        settings.scheme = scheme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, scheme)

    def entry(scheme: Scheme, text: str) -> Entry:
        return Entry(
            f"scheme-{scheme}",
            "&View > &Colours",
            text,
            (),
            lambda: choose(scheme),
            checked=lambda: settings.scheme == scheme,
        )

    return [entry(scheme, text) for scheme, text in texts.items()]
