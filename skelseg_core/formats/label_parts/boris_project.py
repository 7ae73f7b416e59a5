"""Projects of BORIS as skelseg writes them: labels become state events of videos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skelseg_core.formats.label_file import (
    LabelledVideo,
    Remark,
    media_path,
    name_in_tier,
    shared_names,
    signature,
    tracks_by_video,
)
from skelseg_core.formats.label_parts.milliseconds import in_milliseconds, span_ms
from skelseg_core.labels.classes import ActionClass

PLAYERS = tuple("12345678")
COMMENTS = "comments"
"""Category of the behaviours whose points are comments."""
_REMARK = "comment"
VERSION = "7.0"
"""Version of the projects that are written; BORIS 7 and later read it."""


def boris_project(videos: Sequence[LabelledVideo]) -> dict[str, Any]:
    """Make a project with an observation for each video, of all its tracks.

    A tier is a behavioural category, and a person a subject.

    Raises
    ------
    FormatError
        Where a segment is too short (`in_milliseconds`).
    """
    behaviours = {
        code: (c, v.tier or c.group)
        for v in videos
        for code, c in zip(codes_of(v, videos), v.label_map.classes, strict=True)
    }
    points = {code for v in videos if v.marks for code in codes_of(v, videos)}
    remarks = dict.fromkeys(remark_code(v, c) for v in videos for c in v.comments)
    behaviours |= {code: (ActionClass(0, code), COMMENTS) for code in remarks}
    points.update(remarks)
    subjects = dict.fromkeys(v.subject for v in videos if v.subject)
    groups = dict.fromkeys(group for _, group in behaviours.values() if group)
    by_video = tracks_by_video(videos)
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
                "type": "Point event" if code in points else "State event",
                "key": c.key if len(c.key) == 1 else "",
                "code": code,
                "description": c.description,
                "color": c.color,
                "category": group,
                "modifiers": {},
                "excluded": "",
                "coding map": "",
            }
            for n, (code, (c, group)) in enumerate(behaviours.items())
        },
        "observations": {
            video_id: _observation(tracks, videos)
            for video_id, tracks in by_video.items()
        },
        "behavioral_categories": list(groups),
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }


def codes_of(track: LabelledVideo, among: Sequence[LabelledVideo]) -> list[str]:
    """Name the classes of a track in a file of several, each in its own way."""
    shared = shared_names(among)
    return [name_in_tier(n, track.tier, shared) for n in track.label_map.names]


def remark_code(track: LabelledVideo, comment: Remark) -> str:
    """Name the behaviour whose points are the comments on a tier; see `remark_tier`."""
    whole = comment.of_video or not track.tier
    return _REMARK if whole else f"{_REMARK} ({track.tier})"


def remark_tier(code: str) -> str:
    """Return the tier that comments are on; empty where it is none, or the video."""
    return code.removeprefix(_REMARK).removeprefix(" (").removesuffix(")")


def _observation(
    tracks: Sequence[LabelledVideo], among: Sequence[LabelledVideo]
) -> dict[str, Any]:
    video = tracks[0]
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
        "events": _events(tracks, among),
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


def _events(
    tracks: Sequence[LabelledVideo], among: Sequence[LabelledVideo]
) -> list[list[Any]]:
    """Make the starts and stops of all tracks in the order of time, stops first.

    A comment is a point at its first frame.
    """
    made: list[tuple[int, bool, list[Any]]] = []
    for track in tracks:
        codes = dict(zip(track.label_map.names, codes_of(track, among), strict=True))
        times = zip(in_milliseconds(track), track.named(), strict=True)
        for (first, last, name), (start, stop, _) in times:
            for ms, frame, begins in ((first, start, True), (last, stop, False)):
                event = [ms / 1000, track.subject, codes[name], "", "", frame]
                made.append((ms, begins, event))
        points = [(n, track.subject, codes[name], "") for n, name in track.marks]
        for c in track.comments:
            who = "" if c.of_video else track.subject
            points.append((c.start, who, remark_code(track, c), c.text))
        for frame, who, code, text in points:
            ms, _ = span_ms(track, frame, frame + 1)
            made.append((ms, True, [ms / 1000, who, code, "", text, frame]))
    return [event for *_, event in sorted(made, key=lambda one: one[:2])]
