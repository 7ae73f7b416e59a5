"""Lines of ``benchmarks.assist``: commands as JSON objects, and what is answered.

Each line is one object, ``{"do": VERB, ...}``. A line that is no command, or one that
cannot be done, changes nothing; the answer then says why in ``error``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.assist_session import AssistSession
from benchmarks.working_lane import Shown
from skelseg_core.errors import EditError, SkelsegError, unreachable

MAX_LINE = 1 << 20
"""Bytes of a line; longer ones are no command."""


class AssistLines:
    """A session that is driven by lines of text.

    Parameters
    ----------
    session : AssistSession
    save : callable
        Saves the session's annotation; raises a `SkelsegError` where it cannot.
    """

    def __init__(self, session: AssistSession, save: Callable[[], None]) -> None:
        self.session, self._save = session, save
        self.error: str | None = None
        self.ended = False

    def answer(self) -> str:
        """Write where the session stands, as one line of JSON."""
        item = self.session.item
        values = {
            "lane": _rows(self.session.lane),
            "proposal": None,
            "item": None
            if item is None
            else {"start": item.start, "stop": item.stop, "why": item.why},
            "error": self.error,
        }
        return json.dumps(values)

    def do(self, line: bytes) -> None:
        """Carry out one line; what cannot be done changes nothing but `error`."""
        self.error = None
        try:
            self._do(_command(line))
        except SkelsegError as error:
            self.error = str(error)
        except OSError as error:
            self.error = unreachable(error)

    def _do(self, command: Mapping[str, Any]) -> None:
        verb = command.get("do")
        session = self.session
        if verb == "relabel":
            frame, class_id = self._frame(command, "frame"), self._class(command)
            session.relabel(frame, class_id)
        elif verb == "move":
            session.move(self._frame(command, "frame"), self._frame(command, "to"))
        elif verb == "paint":
            start, stop = self._range(command)
            session.paint(start, stop, self._class(command))
        elif verb == "accept":
            session.accept(*self._range(command))
        elif verb in ("next", "undo"):
            getattr(session, verb)()
        elif verb == "take":
            raise EditError("There is no proposal to take; go on correcting.")
        elif verb == "quit":
            # It ends whether it could be saved or not: nobody waits for ever.
            self.ended = True
            self._save()
        else:
            raise EditError(
                '"do" is {} and must be one of relabel, move, paint, accept, take, '
                "next, undo and quit.",
                _said(command, "do"),
            )

    def _range(self, command: Mapping[str, Any]) -> tuple[int, int]:
        start, stop = _whole(command, "start"), _whole(command, "stop")
        n_frames = self.session.working.n_frames
        if not 0 <= start < stop <= n_frames:
            raise EditError(
                'The range of "start" {} to "stop" {} is empty or leaves the video, '
                "which has {} frames.",
                _short(start),
                _short(stop),
                n_frames,
            )
        return start, stop

    def _frame(self, command: Mapping[str, Any], name: str) -> int:
        frame, n_frames = _whole(command, name), self.session.working.n_frames
        if not 0 <= frame < n_frames:
            raise EditError(
                '"{}" is {}, and the video has frames 0 to {}.',
                name,
                _short(frame),
                n_frames - 1,
            )
        return frame

    def _class(self, command: Mapping[str, Any]) -> int | None:
        """Read a class of the project; null takes the label away."""
        if "class" in command and command["class"] is None:
            return None
        class_id = _whole(command, "class")
        if self.session.label_map.get(class_id) is None:
            there = ", ".join(str(c.id) for c in self.session.label_map.classes)
            raise EditError(
                "There is no class {}; the project has {}.", _short(class_id), there
            )
        return class_id


def _rows(lane: tuple[Shown, ...]) -> list[list[int | None]]:
    return [list(segment) for segment in lane]


def _command(line: bytes) -> dict[str, Any]:
    """Read one line.

    Raises
    ------
    EditError
        Where it is no JSON object.
    """
    if len(line) > MAX_LINE:
        raise EditError("The line is too long for a command.")
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise EditError("The line is no JSON.") from error
    if not isinstance(found, dict):
        raise EditError("The line is no JSON object such as {}.", '{"do": "next"}')
    return found


def _whole(command: Mapping[str, Any], name: str) -> int:
    value = command.get(name)
    # True is an int to Python, and not to whoever writes a script.
    if not isinstance(value, int) or isinstance(value, bool):
        raise EditError(
            '"{}" is {} and must be a whole number.', name, _said(command, name)
        )
    return value


def _said(command: Mapping[str, Any], name: str) -> str:
    if name not in command:
        return "missing"
    try:
        text = json.dumps(command[name])
    except (ValueError, RecursionError):
        text = "something else"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _short(number: int) -> str:
    """Write a number; a huge one by what it is."""
    return str(number) if abs(number) < 10**12 else "a huge number"
