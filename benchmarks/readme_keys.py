"""Write the table of keys in the README from the commands: ``make keys``."""

from __future__ import annotations

from pathlib import Path

from app.kit.keymap import ARROWS
from app.window.command_owners import project_table
from skelseg_core.files import atomic_write

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- keys: make keys -->\n", "<!-- end of keys -->\n"
CLASS_KEYS = "`1`…`0`"
CELLS: tuple[tuple[str, ...] | str, ...] = (
    ("new", "export"),
    ("fill-example", "train"),
    ("play", "mute"),
    "label the segment, or paint the marked range",
    ("previous", "next"),
    ("in", "out"),
    ("second-back", "second-on"),
    ("split", "merge"),
    ("boundary-previous", "boundary-next"),
    ("trim-start", "trim-stop"),
    ("shuttle-back", "shuttle-stop", "shuttle-on"),
    ("nudge-left", "nudge-right"),
    ("loop", "around"),
    ("move-left", "move-right"),
    ("difference-previous", "difference-next"),
    ("choose-previous", "choose-next", "choose-none"),
    ("go-to",),
    ("copy-lane",),
    ("prelabel",),
    ("accept",),
    ("room", "wall"),
    ("room-right", "room-next", "room-previous"),
    ("review", "undecided"),
    ("undo", "redo"),
    ("live-end",),
    ("class-find",),
    ("correct",),
    ("loupe",),
    ("filmstrip", "waveform"),
    ("second", "lanes"),
    ("pane-next", "pane-previous"),
    ("dock-segments", "dock-statistics"),
    ("dock-jobs", "dock-history"),
    ("video-previous", "video-next"),
    ("track-next", "track-previous"),
    ("comment", "absent"),
    ("overlay-heatmap", "overlay-skeleton"),
    ("overlays",),
    ("palette",),
    ("keys", "help"),
)
"""Commands of each cell, two cells in a row; a text is what the class keys do."""


def key_lines() -> str:
    """The table in Markdown."""
    cells = [_cell(c) for c in CELLS]
    rows = zip(cells[::2], cells[1::2], strict=True)
    head = "| key | does | key | does |\n|---|---|---|---|\n"
    return head + "".join(f"| {left} | {right} |\n" for left, right in rows)


def _cell(cell: tuple[str, ...] | str) -> str:
    if isinstance(cell, str):
        return f"{CLASS_KEYS} | {cell}"
    commands = {c.id: c for c in project_table().commands}
    found = [commands[i] for i in cell]
    keys = " ".join(f"`{_key(c.keys[0])}`" for c in found)
    names = "; ".join(c.name[0].lower() + c.name[1:] for c in found)
    return f"{keys} | {names}"


def _key(key: str) -> str:
    head, plus, last = key.rpartition("+")
    return f"{head}{plus}{ARROWS.get(last, last)}"


def main() -> None:
    """Put the table where the marks of the README are."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    atomic_write(README, (before + BEGIN + key_lines() + END + after).encode())


if __name__ == "__main__":
    main()
