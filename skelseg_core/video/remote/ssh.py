"""Parts of a file behind ``ssh://``, by SFTP.

Only a host whose key ``ssh`` knows is talked to; who logs in is known by an agent or
the keys in ``~/.ssh``, with the settings of ``~/.ssh/config``. No password is asked.
"""

from __future__ import annotations

import contextlib
import getpass
import logging
from pathlib import Path
from typing import Any

from skelseg_core.errors import MissingVideo, VideoError
from skelseg_core.video.remote.address import Address
from skelseg_core.video.remote.connection import TIMEOUT_S, Broken, changed, extra

PART_BYTES = 32768
"""Bytes that one request of SFTP may ask for; those of a block go out together."""


class SshConnection:
    """Connection to one file of another computer.

    Parameters
    ----------
    address : Address
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._paramiko = extra("paramiko", address.whole)
        # What it logs as an error is raised here, too, and becomes a sentence.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
        self._client: Any = None
        self._file: Any = None
        self._state: tuple[int, str] | None = None

    def state(self) -> tuple[int, str]:
        """Return size in bytes and time of change."""
        try:
            self._state = self._now()
        except Exception as error:
            raise self._why(error) from error
        return self._state

    def read(self, start: int, stop: int) -> bytes:
        """Read bytes ``start`` up to ``stop``."""
        try:
            if self._now() != self._state:
                raise changed(self._address.whole)
            parts = [
                (at, min(PART_BYTES, stop - at))
                for at in range(start, stop, PART_BYTES)
            ]
            data = b"".join(self._file.readv(parts))
        except VideoError:
            raise
        except Exception as error:
            raise self._why(error) from error
        if len(data) != stop - start:
            raise Broken("the connection ended early")
        return data

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        client, self._client, self._file = self._client, None, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()

    def _now(self) -> tuple[int, str]:
        if self._file is None:
            self._client = self._connected()
            channel = self._client.open_sftp()
            channel.get_channel().settimeout(TIMEOUT_S)
            self._file = channel.open(self._address.path, "rb")
        found = self._file.stat()
        return int(found.st_size), f"changed {found.st_mtime}"

    def _connected(self) -> Any:
        address = self._address
        said = self._configured()
        client = self._paramiko.SSHClient()
        client.load_system_host_keys()
        client.set_missing_host_key_policy(self._paramiko.RejectPolicy())
        client.connect(
            said.get("hostname", address.host.strip("[]")),
            port=int(address.port or said.get("port", 22)),
            username=address.user or said.get("user") or getpass.getuser(),
            key_filename=said.get("identityfile"),
            timeout=TIMEOUT_S,
            banner_timeout=TIMEOUT_S,
            auth_timeout=TIMEOUT_S,
        )
        return client

    def _configured(self) -> dict[str, Any]:
        """Read what ``~/.ssh/config`` says of the host."""
        config = self._paramiko.SSHConfig()
        with contextlib.suppress(OSError, self._paramiko.SSHException):
            config = self._paramiko.SSHConfig.from_path(Path.home() / ".ssh/config")
        return dict(config.lookup(self._address.host))

    def _why(self, error: Exception) -> Exception:
        whole, host = self._address.whole, self._address.host
        ssh = self._paramiko.ssh_exception
        self.close()
        if isinstance(error, FileNotFoundError):
            return MissingVideo("{} does not exist; check the address.", whole)
        if isinstance(error, PermissionError):
            return VideoError("{} cannot be read; check its permissions.", whole)
        if isinstance(error, ssh.BadHostKeyException) or "not found in known" in str(
            error
        ):
            return VideoError(
                "The key of {} is unknown to ssh, or another than the known one; log "
                "in once with 'ssh {}' and compare it.",
                host,
                host,
            )
        if isinstance(error, ssh.AuthenticationException):
            return VideoError(
                "{} does not accept your key; make it work with 'ssh {}' first "
                "(ssh-copy-id), or add it to the agent.",
                host,
                host,
            )
        return Broken(str(error) or type(error).__name__)
