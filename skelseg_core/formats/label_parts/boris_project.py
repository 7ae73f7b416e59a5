"""Projects of BORIS as skelseg writes them: labels become state events of videos."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from skelseg_core.formats.label_file import (
    LabelledVideo,
    Remark,
    media_path,
    name_in_tier,
    shared_names,
    signature,
    tracks_by_video,
)
from skelseg_core.formats.label_parts.boris_events import COMMENTS, remark_code
from skelseg_core.formats.label_parts.milliseconds import in_milliseconds, span_ms
from skelseg_core.labels.classes import ActionClass

PLAYERS = tuple("12345678")
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
    points = {code for v in videos if v.points for code in codes_of(v, videos)}
    remarks = dict.fromkeys(_code_of(v, c) for v in videos for c in v.comments)
    behaviours |= {code: (ActionClass(0, code), COMMENTS) for code in remarks}
    points.update(remarks)
    subjects = dict.fromkeys(v.subject for v in videos if v.subject)
    groups = dict.fromkeys(group for _, group in behaviours.values() if group)
    by_video = tracks_by_video(videos)
    keys = _keys([c for c, _ in behaviours.values()])
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
                "key": keys[n],
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


def _keys(classes: Sequence[ActionClass]) -> list[str]:
    """Give each class with a key one character that no other has, its own if it can."""
    # Of "/c" the letter, and of "Shift+1", which BORIS has not, any.
    own = [c.key[-1:] if len(c.key) < 3 else "" for c in classes]
    free = iter(k for k in string.ascii_lowercase + string.digits if k not in own)
    return [
        key if key and key not in own[:n] else next(free, "") if c.key else ""
        for n, (c, key) in enumerate(zip(classes, own, strict=True))
    ]


def codes_of(track: LabelledVideo, among: Sequence[LabelledVideo]) -> list[str]:
    """Name the classes of a track in a file of several, each in its own way."""
    shared = shared_names(among)
    return [name_in_tier(n, track.tier, shared) for n in track.label_map.names]


def _code_of(track: LabelledVideo, comment: Remark) -> str:
    return remark_code("" if comment.of_video else track.tier)


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
        "events": [
            [e.ms / 1000, e.subject, e.code, "", e.comment, e.frame]
            for e in events_of(tracks, among)
        ],
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


class WrittenEvent(NamedTuple):
    """A start, a stop or a point that is written, at a time in ms and a frame."""

    ms: int
    frame: int
    kind: Literal["START", "STOP", "POINT"]
    subject: str
    code: str
    category: str
    comment: str = ""


def events_of(
    tracks: Sequence[LabelledVideo], among: Sequence[LabelledVideo]
) -> list[WrittenEvent]:
    """Make the events of all tracks of a video in the order of time, stops first.

    A comment is a point at its first frame.
    """
    made: list[WrittenEvent] = []
    for track in tracks:
        who, tier = track.subject, track.tier
        codes = dict(zip(track.label_map.names, codes_of(track, among), strict=True))
        times = zip(in_milliseconds(track), track.named(), strict=True)
        for (first, last, name), (start, stop, _) in times:
            code = codes[name]
            made.append(WrittenEvent(first, start, "START", who, code, tier))
            made.append(WrittenEvent(last, stop, "STOP", who, code, tier))
        points = [(n, who, codes[name], tier, "") for n, name in track.named_marks]
        for c in track.comments:
            on = "" if c.of_video else who
            points.append((c.start, on, _code_of(track, c), COMMENTS, c.text))
        for frame, *said in points:
            ms, _ = span_ms(track, frame, frame + 1)
            made.append(WrittenEvent(ms, frame, "POINT", *said))
    return sorted(made, key=lambda event: (event.ms, event.kind != "STOP"))
