"""Everything that corrects keypoints."""

from __future__ import annotations

from collections.abc import Callable

from app.kit.commands import Entry, separator
from app.services.keypoint_editor import KeypointEditor
from app.state.session import Session
from app.views.picture.video import VideoView


def pose_entries(
    correcting: KeypointEditor, session: Session, video: VideoView
) -> list[Entry]:
    """The mode, and what there is to do in it."""
    menu = "P&ose"

    def active() -> bool:
        return correcting.active

    return [
        separator(menu),
        Entry(
            "correct",
            menu,
            "Correct keypoints",
            ("C",),
            correcting.toggle,
            lambda: correcting.can_correct or session.correcting,
            lambda: session.correcting,
        ),
        separator(menu),
        Entry(
            "keypoint-gone",
            menu,
            "Mark the keypoint missing",
            # Beside the picture the key is the segment's: see `SharedKeys`.
            ("Delete",),
            lambda: correcting.remove_here(video.pointed_keypoint),
            active,
        ),
        Entry(
            "keypoint-line",
            menu,
            "Interpolate between the corrected frames",
            ("Shift+I",),
            correcting.interpolate,
            lambda: correcting.can_interpolate,
        ),
        *_range_entries(menu, correcting, video, active),
    ]


def _range_entries(
    menu: str,
    correcting: KeypointEditor,
    video: VideoView,
    active: Callable[[], bool],
) -> list[Entry]:
    """What is done to the marked range, or to the frame that is shown."""
    return [
        separator(menu),
        Entry(
            "swap-sides",
            menu,
            "Swap left and right",
            ("Shift+S",),
            correcting.swap_sides,
            active,
        ),
        Entry(
            "swap-people",
            menu,
            "Swap with another person",
            ("Shift+E",),
            lambda: correcting.swap_people(video.pointed_person),
            active,
        ),
        separator(menu),
        Entry(
            "restore",
            menu,
            "Remove corrections here",
            ("Shift+Delete",),
            correcting.restore,
            lambda: correcting.can_restore,
        ),
    ]
