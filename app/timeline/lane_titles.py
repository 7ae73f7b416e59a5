"""Words: what lanes are called in headers, menus and tips."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.timeline.lane_set import Lane


def title_of(lane: Lane) -> str:
    """The title in the header of a lane."""
    if lane.kind in ("prediction", "annotator"):
        return lane.name
    if lane.kind == "motion":
        return keypoint_text(lane.name)
    if lane.kind == "boundaries":
        if lane.name == "model":
            return _tr("Model boundaries")
        return _tr("Motion changes")
    return {
        "annotation": _tr("Annotation"),
        "probability": _tr("Classes"),
        "uncertainty": _tr("Uncertainty"),
        "subject": _tr("Subject"),
        "waveform": _tr("Sound"),
        "filmstrip": _tr("Pictures"),
    }[lane.kind]


def menu_text(lane: Lane) -> str:
    """What a menu calls a lane, by itself."""
    if lane.kind == "annotator":
        return _tr("Labels of {}").format(lane.name)
    if lane.kind == "prediction":
        return _tr("Prediction of {}").format(lane.name)
    if lane.kind == "probability":
        return _tr("Class probabilities of {}").format(lane.name)
    if lane.kind == "uncertainty":
        return _tr("Uncertainty of {}").format(lane.name)
    if lane.kind == "motion":
        return _tr("Speed of {}").format(keypoint_text(lane.name).lower())
    return title_of(lane)


def keypoint_text(name: str) -> str:
    """``left_wrist`` as a person writes it."""
    if name == "wrists":
        return _tr("Wrists")
    if name == "hips":
        return _tr("Hips")
    return name.replace("_", " ").capitalize()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Timeline", text)
