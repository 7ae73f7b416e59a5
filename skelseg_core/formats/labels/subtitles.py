"""Subtitles with the class of each segment: SubRip (SRT) and WebVTT, written only.

Times are in milliseconds; a subtitle ends where the next may begin. Frames without a
label show nothing. Every player shows them above the video of the same name.
"""

from __future__ import annotations

from skelseg_core.formats.descriptors import CandidateFile, LabelFormat
from skelseg_core.formats.label_file import LabelledVideo, signature
from skelseg_core.formats.milliseconds import in_milliseconds

_UNSAID = (
    "which labels are a model's, whether they were reviewed, their confidence, what a "
    "person left undecided, and classes that do not occur."
)


class Srt(LabelFormat):
    """SubRip subtitles."""

    name = "srt"
    title = "SRT subtitles"
    about = "One subtitle per segment, in milliseconds, end exclusive."
    cannot_hold = _UNSAID
    written_suffix = ".srt"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise nothing: subtitles are not read."""
        return False

    def write_video(self, video: LabelledVideo) -> str:
        """Format numbered subtitles; SubRip has no sign that stands for another."""
        return "\n".join(
            f"{n}\n{_clock(start, ',')} --> {_clock(stop, ',')}\n{name}\n"
            for n, (start, stop, name) in enumerate(in_milliseconds(video), 1)
        )


class Vtt(LabelFormat):
    """WebVTT subtitles."""

    name = "vtt"
    title = "WebVTT subtitles"
    about = Srt.about
    cannot_hold = _UNSAID
    written_suffix = ".vtt"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise nothing: subtitles are not read."""
        return False

    def write_video(self, video: LabelledVideo) -> str:
        """Format subtitles, with signs of HTML escaped."""
        cues = [
            f"{_clock(start, '.')} --> {_clock(stop, '.')}\n{_escaped(name)}\n"
            for start, stop, name in in_milliseconds(video)
        ]
        who = _escaped(signature(video))
        note = [f"NOTE {who}\n"] if who else []
        return "\n".join(["WEBVTT\n", *note, *cues])


def _clock(ms: int, point: str) -> str:
    minutes, ms = divmod(ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{point}{ms % 1000:03}"


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
