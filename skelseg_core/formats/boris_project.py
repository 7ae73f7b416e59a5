"""Projects of BORIS as skelseg writes them: labels become state events of videos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skelseg_core.formats.label_file import LabelledVideo, media_path, signature
from skelseg_core.formats.milliseconds import in_milliseconds

PLAYERS = tuple("12345678")
VERSION = "7.0"
"""Version of the projects that are written; BORIS 7 and later read it."""


def boris_project(videos: Sequence[LabelledVideo]) -> dict[str, Any]:
    """Make a project with an observation for each video.

    Raises
    ------
    FormatError
        Where a segment is too short (`in_milliseconds`).
    """
    classes = {c.name: c for video in videos for c in video.label_map.classes}
    subjects = dict.fromkeys(v.subject for v in videos if v.subject)
    groups = dict.fromkeys(c.group for c in classes.values() if c.group)
    return {
        "time_format": "hh:mm:ss",
        "project_date": "",
        "project_name": "",
        "project_description": "",
        "project_format_version": VERSION,
        "subjects_conf": {
            str(n): {"key": "", "name": name, "description": ""}
            for n, name in enumerate(subjects)
        },
        "behaviors_conf": {
            str(n): {
                "type": "State event",
                "key": c.key if len(c.key) == 1 else "",
                "code": c.name,
                "description": c.description,
                "color": c.color,
                "category": c.group,
                "modifiers": {},
                "excluded": "",
                "coding map": "",
            }
            for n, c in enumerate(classes.values())
        },
        "observations": {video.id: _observation(video) for video in videos},
        "behavioral_categories": list(groups),
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }


def _observation(video: LabelledVideo) -> dict[str, Any]:
    path = media_path(video)
    players: dict[str, list[str]] = {player: [] for player in PLAYERS}
    duration_s = video.times.duration_s
    rate = video.times.n_frames / duration_s if duration_s else 0.0
    return {
        "file": {**players, "1": [path]},
        "type": "MEDIA",
        "date": "",
        "description": signature(video) or _other_lane(video),
        "time offset": 0.0,
        "events": _events(video),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {path: duration_s},
            "fps": {path: rate},
            "hasVideo": {path: True},
            "hasAudio": {path: False},
            "offset": {"1": 0.0},
        },
    }


def _other_lane(video: LabelledVideo) -> str:
    return video.lane if video.lane != "annotation" else ""


def _events(video: LabelledVideo) -> list[list[Any]]:
    made = []
    times = in_milliseconds(video)
    for (first, last, name), (start, stop, _) in zip(times, video.named(), strict=True):
        for ms, frame in ((first, start), (last, stop)):
            made.append([ms / 1000, video.subject, name, "", "", frame])
    return made
