"""A label format: a line per segment, with its first frame, last frame and class."""

from pathlib import Path

from skelseg_core import FormatError, Interval, LabelFile, LabelFormat, LabelTrack


class ActionsText(LabelFormat):
    """``120 149 pick up``: frames 120 to 149, the last one included."""

    name, title = "actions-text", "actions text"
    about = "One line per segment: first frame, last frame, class."
    suffixes, written_suffix = (".actions",), ".actions"

    def sniff(self, file):
        """Tell whether a file that is called so is one."""
        return all(line.split()[0].isdigit() for line in file.lines[:10])

    def read_file(self, path: Path, options) -> LabelFile:
        """Read the segments; what is wrong is said with the line in which it is."""
        intervals = []
        for n, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            start, stop, name = [*line.split(maxsplit=2), "", ""][:3]
            if not (start.isdigit() and stop.isdigit() and name):
                raise FormatError("{}, line {}: two frames and a class?", path, n)
            intervals.append(Interval(int(start), int(stop) + 1, name, f"line {n}"))
        return LabelFile(path, (LabelTrack(tuple(intervals), "frame", path.stem),))

    def write_video(self, video) -> str:
        """Write the labels of one video; ``stop`` is not in a segment."""
        rows = video.named()
        return "".join(f"{start} {stop - 1} {name}\n" for start, stop, name in rows)


FORMAT = ActionsText()
