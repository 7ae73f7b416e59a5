"""Keep what the program remembers between starts, typed, in a QSettings file."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from msgspec import Meta
from PySide6.QtCore import QByteArray, QSettings

from app.kit.threads import Thread
from skelseg_core.errors import SkelsegError
from skelseg_core.typed_values import typed
from skelseg_core.user_folders import config_folder

T = TypeVar("T")
_Share = Annotated[float, Meta(gt=0, lt=1)]

Scheme = Literal["system", "dark", "light", "contrast-dark", "contrast-light"]
TEXT_SIZES = (90, 100, 110, 125, 150, 175, 200)
"""Sizes of text in per cent that can be chosen."""
MAX_RECENT = 10
"""Projects that File > Recent lists."""
MAX_RECENT_COMMANDS = 20
"""Commands that the palette remembers."""
CACHE_MB = 384
"""Size in MB of the decoded frames that are kept, where nothing else is set."""
PROXIES_GB = 20
"""Size in GB of all proxies on the disk, where nothing else is set."""
LAG_MS, MAX_LAG_MS = 200, 2000
"""Reaction time in ms where nothing else is set, and the longest that can be."""


WRITE_S = 1.0
"""Seconds that the end of the program at a signal waits for the file."""


class _File:
    """Read the values of a file once, and write them in a thread.

    A slow disk must not make the window wait. Values that another window writes
    meanwhile stay, except those that are set here.

    Only one thread at a time may have a QSettings, from its making to its end: both
    take a lock of Qt's, and the end waits for Python while it holds it, which the
    making of another holds while it waits for that lock.
    """

    _writers: ClassVar[set[Thread]] = set()
    _writing: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, path: Path) -> None:
        self.finish()
        self._path = str(path)
        with self._writing:
            stored = QSettings(self._path, QSettings.Format.IniFormat)
            self._values = {name: stored.value(name) for name in stored.allKeys()}
            del stored
        self._unwritten: dict[str, Any] = {}
        # A signal may come while it is held, and set a value, too.
        self._lock = threading.RLock()

    def finish(self, at_most_s: float | None = None) -> None:
        for writer in list(self._writers):
            writer.join(at_most_s)

    def value(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def set_value(self, name: str, value: Any) -> None:
        if name in self._values and self._values[name] == value:
            return
        self._values[name] = value
        with self._lock:
            idle = not self._unwritten
            self._unwritten[name] = value
        if idle:
            writer = Thread(self._write, "settings", daemon=False)
            self._writers.add(writer)
            writer.start()

    def _write(self) -> None:
        with self._writing:
            with self._lock:
                new, self._unwritten = self._unwritten, {}
            stored = QSettings(self._path, QSettings.Format.IniFormat)
            for name, value in new.items():
                stored.setValue(name, value)
            stored.sync()
            del stored
        self._writers.discard(threading.current_thread())


class _YesNo:
    """Declare a yes or no that is remembered."""

    def __init__(self, name: str, default: bool = False) -> None:
        self._name, self._default = name, str(default).lower()

    def __get__(self, settings: Settings, _: object = None) -> bool:
        return str(settings.stored.value(self._name, self._default)) == "true"

    def __set__(self, settings: Settings, value: bool) -> None:
        settings.stored.set_value(self._name, str(value).lower())


class _Text:
    """Declare a text that is remembered; empty until it is set."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, settings: Settings, _: object = None) -> str:
        return str(settings.stored.value(self._name, ""))

    def __set__(self, settings: Settings, value: str) -> None:
        settings.stored.set_value(self._name, value)


class Settings:
    """Hold what is remembered between starts, in a file in the user's folder."""

    tour_seen = _YesNo("tour_seen")
    """Whether the first-start tour was gone through or skipped."""
    name_asked = _YesNo("name_asked")
    """Whether the person was asked for a name."""
    menu_bar = _YesNo("menu_bar")
    """Whether the menus are shown in a bar of their own."""
    proxies = _YesNo("video/proxies", True)
    """Whether small copies of videos are made, for quick looks."""
    muted = _YesNo("video/muted")
    """Whether videos are played without their sound."""
    person = _Text("person")
    """Name under which a person labels; empty until one is given."""
    language = _Text("language")
    """Code of the language of the window; empty for English."""
    lanes = _Text("timeline/lanes")
    """Lanes that the timeline shows, as text of `LaneSet`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "settings.ini"
        self.stored = _File(self.path)

    @property
    def scheme(self) -> Scheme:
        """Return the colour scheme: dark, light, high contrast, or the system's."""
        value = self.stored.value("scheme", "system")
        known: tuple[Scheme, ...] = get_args(Scheme)
        return next((s for s in known if s == value), "system")

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self.stored.set_value("scheme", value)

    @property
    def text_size(self) -> int:
        """Return the size of text, controls and paintings in per cent."""
        value = str(self.stored.value("text_size", 100))
        size = int(value) if value.isdecimal() else 100
        return size if size in TEXT_SIZES else 100

    @text_size.setter
    def text_size(self, value: int) -> None:
        self.stored.set_value("text_size", value)

    @property
    def recent(self) -> list[Path]:
        """List the projects opened lately, the last first."""
        value = self.stored.value("recent", [])
        texts = value if isinstance(value, list) else [value]
        return [Path(t) for t in texts if isinstance(t, str) and t]

    def add_recent(self, project: Path) -> None:
        """Put a project at the head of the recent ones."""
        kept = [p for p in self.recent if p != project]
        self.stored.set_value("recent", [str(p) for p in [project, *kept]][:MAX_RECENT])

    def remove_recent(self, project: Path) -> None:
        """Forget one of the recent projects; its files stay."""
        kept = [str(p) for p in self.recent if p != project]
        self.stored.set_value("recent", kept)

    @property
    def cache_bytes(self) -> int:
        """Return how many bytes of decoded frames are kept."""
        value = str(self.stored.value("video/cache_mb", CACHE_MB))
        return 2**20 * (int(value) if value.isdecimal() and int(value) else CACHE_MB)

    @property
    def proxy_bytes(self) -> int:
        """Return how many bytes all proxies may take on the disk; 0 for none."""
        value = str(self.stored.value("video/proxies_gb", PROXIES_GB))
        room = int(value) if value.isdecimal() and int(value) else PROXIES_GB
        return room * 10**9 if self.proxies else 0

    @property
    def trains_in_background(self) -> bool | None:
        """Tell whether a finished video starts a training; None where nobody asked."""
        value = str(self.stored.value("models/background", ""))
        return value == "true" if value else None

    @trains_in_background.setter
    def trains_in_background(self, value: bool) -> None:
        self.stored.set_value("models/background", "true" if value else "false")

    def chosen_model(self, project: str) -> str:
        """Return the model that was chosen last in the project with this id."""
        return str(self.stored.value(f"models/chosen_{project}", ""))

    def set_chosen_model(self, project: str, model: str) -> None:
        """Remember the model that is chosen in a project."""
        self.stored.set_value(f"models/chosen_{project}", model)

    def finish(self) -> None:
        """Wait until what was set is in the file, unless its disk hangs."""
        self.stored.finish(WRITE_S)

    def place(self, project: str) -> tuple[str, int]:
        """Return video and frame where the project with this id was left."""
        frame, _, video = str(self.stored.value(f"places/{project}", "")).partition(" ")
        return video, int(frame) if frame.isdecimal() else 0

    def set_place(self, project: str, video: str, frame: int) -> None:
        """Remember video and frame where a project is left."""
        self.stored.set_value(f"places/{project}", f"{frame} {video}")

    @property
    def reaction_lag_ms(self) -> int:
        """Return how many ms after an event a person's key goes down, while playing."""
        value = str(self.stored.value("labels/reaction_lag_ms", LAG_MS))
        return min(int(value), MAX_LAG_MS) if value.isdecimal() else LAG_MS

    @reaction_lag_ms.setter
    def reaction_lag_ms(self, value: int) -> None:
        self.stored.set_value("labels/reaction_lag_ms", value)

    @property
    def step_frames(self) -> int:
        """Return by how many frames the arrows go."""
        value = str(self.stored.value("video/step_frames", 1))
        return int(value) if value in ("1", "2", "5", "10") else 1

    @step_frames.setter
    def step_frames(self, value: int) -> None:
        self.stored.set_value("video/step_frames", value)

    def layout(self, name: str) -> QByteArray | None:
        """Return a saved geometry, or None."""
        value = self.stored.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def set_layout(self, name: str, value: QByteArray) -> None:
        """Save a geometry."""
        self.stored.set_value(f"layout/{name}", value)

    @property
    def closed(self) -> tuple[str, ...]:
        """Return the names of the panels that a person closed."""
        return self._json("panels/closed", tuple[str, ...], ())

    @closed.setter
    def closed(self, value: Sequence[str]) -> None:
        self.stored.set_value("panels/closed", json.dumps(sorted(value)))

    @property
    def shares(self) -> dict[str, float]:
        """Return the shares of the window that a person gave to panels, 0..1."""
        return self._json("panels/shares", dict[str, _Share], {})

    @shares.setter
    def shares(self, value: Mapping[str, float]) -> None:
        self.stored.set_value("panels/shares", json.dumps(dict(value)))

    # -- commands ---------------------------------------------------------------------

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of the commands whose keys were changed."""
        return self._json("keys", dict[str, tuple[str, ...]], {})

    @keys.setter
    def keys(self, value: Mapping[str, Sequence[str]]) -> None:
        self.stored.set_value(
            "keys", json.dumps({action: list(keys) for action, keys in value.items()})
        )

    @property
    def key_uses(self) -> dict[str, int]:
        """Return how often the keys were used that the timeline names."""
        return self._json("key_uses", dict[str, int], {})

    @key_uses.setter
    def key_uses(self, value: Mapping[str, int]) -> None:
        self.stored.set_value("key_uses", json.dumps(dict(value)))

    @property
    def recent_commands(self) -> list[str]:
        """List ids of the commands called from the palette, the last first."""
        return self._json("recent_commands", list[str], [])

    def add_recent_command(self, command: str) -> None:
        """Put a command at the head of the recent ones."""
        kept = [command, *(c for c in self.recent_commands if c != command)]
        self.stored.set_value("recent_commands", json.dumps(kept[:MAX_RECENT_COMMANDS]))

    def _json(self, name: str, kind: type[T], otherwise: T) -> T:
        try:
            return typed(kind, json.loads(str(self.stored.value(name, "null"))), name)
        except (ValueError, SkelsegError):
            return otherwise
