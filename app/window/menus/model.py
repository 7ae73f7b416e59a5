"""Pre-labelling and training."""

from __future__ import annotations

from collections.abc import Callable

from app.kit.commands import Entry, separator
from app.services.services import Services


def model_entries(services: Services, train: Callable[[], object]) -> list[Entry]:
    """The loop: poses, pre-label, accept, train."""
    menu, modelling = "&Model", services.model_service
    current, session = services.current_video, services.session

    def video() -> bool:
        return current.item is not None

    def pictures() -> bool:
        return current.item is not None and current.item.has_video

    return [
        Entry(
            "prelabel",
            menu,
            "Pre-label this video",
            ("Ctrl+P",),
            modelling.prelabel,
            # Without a model it says what to do first.
            video,
            icon="auto-fix",
        ),
        Entry(
            "prelabel-free",
            menu,
            "Pre-label without my labels",
            (),
            lambda: modelling.prelabel(free=True),
            lambda: video() and bool(session.model),
        ),
        Entry(
            "accept",
            menu,
            "Accept the prediction",
            ("Ctrl+Return",),
            modelling.accept_all,
            lambda: modelling.can_accept,
            icon="check-all",
        ),
        Entry(
            "unpredict",
            menu,
            "Remove the prediction",
            (),
            modelling.remove_prediction,
            lambda: bool(current.shown_model),
        ),
        separator(menu),
        Entry("train", menu, "Train…", ("Ctrl+T",), train),
        Entry(
            "measure",
            menu,
            "Measure the model",
            (),
            lambda: modelling.measure(),
            lambda: bool(session.model),
        ),
        Entry(
            "doubt",
            menu,
            "Go to the next label in doubt",
            (),
            modelling.next_doubt,
            lambda: bool(modelling.doubts()),
        ),
        Entry(
            "poses",
            menu,
            "Estimate poses",
            (),
            lambda: services.pose_service.estimate(),
            pictures,
        ),
    ]
