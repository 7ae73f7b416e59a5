"""SubRip subtitles (SRT) with the class of each segment, written only.

Times are in milliseconds; a subtitle ends where the next may begin. Frames without a
label show nothing. Every player shows them above the video of the same name.
"""

from __future__ import annotations

from skelseg_core.formats.descriptors import CandidateFile, LabelFormat
from skelseg_core.formats.label_file import LabelledVideo
from skelseg_core.formats.label_parts.milliseconds import in_milliseconds


class Srt(LabelFormat):
    """SubRip subtitles."""

    name = "srt"
    title = "SRT subtitles"
    about = "One subtitle per segment, in milliseconds, end exclusive."
    cannot_hold = (
        "other tiers, points and comments, which labels are a model's, whether they "
        "were reviewed, their confidence, what a person left undecided, and classes "
        "that do not occur."
    )
    written_suffix = ".srt"

    def sniff(self, file: CandidateFile) -> bool:
        """Recognise nothing: subtitles are not read."""
        return False

    def write_video(self, video: LabelledVideo) -> str:
        """Format numbered subtitles; SubRip has no sign that stands for another."""
        return "\n".join(
            f"{n}\n{_clock(start)} --> {_clock(stop)}\n{name}\n"
            for n, (start, stop, name) in enumerate(in_milliseconds(video), 1)
        )


def _clock(ms: int) -> str:
    minutes, ms = divmod(ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02},{ms % 1000:03}"
