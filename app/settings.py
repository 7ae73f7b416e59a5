"""Settings: the typed face of QSettings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray, QSettings

Scheme = Literal["system", "dark", "light", "contrast-dark", "contrast-light"]
MAX_RECENT = 10
MAX_RECENT_COMMANDS = 20
CACHE_MB = 512
LAG_MS, MAX_LAG_MS = 200, 2000


class Settings:
    """What is remembered between starts; a file of its own in the user's folder."""

    def __init__(self, path: Path | None = None) -> None:
        file = path or user_config_path("skelseg") / "settings.ini"
        self._values = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def scheme(self) -> Scheme:
        """Dark, light, high contrast, or as the system says."""
        value = self._values.value("scheme", "system")
        known: tuple[Scheme, ...] = get_args(Scheme)
        return next((s for s in known if s == value), "system")

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self._values.setValue("scheme", value)

    @property
    def recent(self) -> list[Path]:
        """Projects opened lately, the last first."""
        value = self._values.value("recent", [])
        texts = value if isinstance(value, list) else [value]
        return [Path(t) for t in texts if isinstance(t, str) and t]

    def add_recent(self, project: Path) -> None:
        """Put a project at the head of the recent ones."""
        kept = [p for p in self.recent if p != project]
        self._values.setValue("recent", [str(p) for p in [project, *kept]][:MAX_RECENT])

    def remove_recent(self, project: Path) -> None:
        """Forget one of the recent projects; its files stay."""
        kept = [str(p) for p in self.recent if p != project]
        self._values.setValue("recent", kept)

    @property
    def tour_seen(self) -> bool:
        """Whether the first-start tour was gone through or skipped."""
        return str(self._values.value("tour_seen", "false")) == "true"

    @tour_seen.setter
    def tour_seen(self, value: bool) -> None:
        self._values.setValue("tour_seen", "true" if value else "false")

    @property
    def cache_bytes(self) -> int:
        """Decoded frames are kept up to this many bytes."""
        value = str(self._values.value("video/cache_mb", CACHE_MB))
        return 2**20 * (int(value) if value.isdecimal() and int(value) else CACHE_MB)

    @property
    def muted(self) -> bool:
        """Whether videos are played without their sound."""
        return str(self._values.value("video/muted", "false")) == "true"

    @muted.setter
    def muted(self, value: bool) -> None:
        self._values.setValue("video/muted", "true" if value else "false")

    @property
    def reaction_lag_ms(self) -> int:
        """How long after what is seen a key goes down, while playing."""
        value = str(self._values.value("labels/reaction_lag_ms", LAG_MS))
        return min(int(value), MAX_LAG_MS) if value.isdecimal() else LAG_MS

    @reaction_lag_ms.setter
    def reaction_lag_ms(self, value: int) -> None:
        self._values.setValue("labels/reaction_lag_ms", value)

    @property
    def lanes(self) -> str:
        """Which lanes the timeline shows, as `LaneSet` says it."""
        return str(self._values.value("timeline/lanes", ""))

    @lanes.setter
    def lanes(self, value: str) -> None:
        self._values.setValue("timeline/lanes", value)

    def layout(self, name: str) -> QByteArray | None:
        """A saved geometry or dock state, or None."""
        value = self._values.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def set_layout(self, name: str, value: QByteArray) -> None:
        """Save a geometry or dock state."""
        self._values.setValue(f"layout/{name}", value)

    @property
    def own_layouts(self) -> dict[str, QByteArray]:
        """Dock states that were saved under a name."""
        said = self._json("own_layouts")
        if not isinstance(said, dict):
            return {}
        return {
            name: QByteArray.fromBase64(QByteArray(state.encode()))
            for name, state in said.items()
            if isinstance(state, str)
        }

    def save_own_layout(self, name: str, state: QByteArray) -> None:
        """Save a dock state under a name."""
        self._set_own_layouts({**self.own_layouts, name: state})

    def delete_own_layout(self, name: str) -> None:
        """Forget a saved dock state."""
        kept = {n: state for n, state in self.own_layouts.items() if n != name}
        self._set_own_layouts(kept)

    def _set_own_layouts(self, value: Mapping[str, QByteArray]) -> None:
        texts = {n: bytes(s.toBase64().data()).decode() for n, s in value.items()}
        self._values.setValue("own_layouts", json.dumps(texts))

    @property
    def toolbar(self) -> bool:
        """Whether the toolbar is shown."""
        return str(self._values.value("toolbar", "true")) == "true"

    @toolbar.setter
    def toolbar(self, value: bool) -> None:
        self._values.setValue("toolbar", "true" if value else "false")

    # -- commands ---------------------------------------------------------------------

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """Keys of the commands whose keys were changed."""
        said = self._json("keys")
        if not isinstance(said, dict):
            return {}
        return {
            action: tuple(k for k in keys if isinstance(k, str))
            for action, keys in said.items()
            if isinstance(keys, list)
        }

    @keys.setter
    def keys(self, value: Mapping[str, Sequence[str]]) -> None:
        self._values.setValue(
            "keys", json.dumps({action: list(keys) for action, keys in value.items()})
        )

    @property
    def recent_commands(self) -> list[str]:
        """Ids of the commands that were called from the palette, the last first."""
        said = self._json("recent_commands")
        return [i for i in said if isinstance(i, str)] if isinstance(said, list) else []

    def add_recent_command(self, command: str) -> None:
        """Put a command at the head of the recent ones."""
        kept = [command, *(c for c in self.recent_commands if c != command)]
        self._values.setValue("recent_commands", json.dumps(kept[:MAX_RECENT_COMMANDS]))

    def _json(self, name: str) -> Any:
        try:
            return json.loads(str(self._values.value(name, "null")))
        except ValueError:
            return None
