"""Parts of an object behind ``s3://``, by s3fs.

Who asks is known as to every program of Amazon's: from ``AWS_...`` variables or
``~/.aws``. Without, a bucket that is open to everyone can be read.
"""

from __future__ import annotations

from typing import Any

from skelseg_core.errors import MissingVideo, VideoError
from skelseg_core.video.remote.address import Address
from skelseg_core.video.remote.connection import TIMEOUT_S, Broken, changed, extra


class S3Connection:
    """Connection to one object of a bucket.

    Parameters
    ----------
    address : Address
        Its host is the bucket.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._s3fs = extra("s3fs", address.whole)
        self._botocore = extra("botocore.exceptions", address.whole)
        self._file: Any = None
        self._state: tuple[int, str] | None = None

    def state(self) -> tuple[int, str]:
        """Return size in bytes and tag."""
        self._state = self._now()
        return self._state

    def read(self, start: int, stop: int) -> bytes:
        """Read bytes ``start`` up to ``stop``."""
        if self._file is None and self._now() != self._state:
            raise changed(self._address.whole)
        try:
            self._file.seek(start)
            data = self._file.read(stop - start)
        except self._s3fs.utils.FileExpired as error:
            raise changed(self._address.whole) from error
        except Exception as error:
            raise self._why(error) from error
        if len(data) != stop - start:
            raise Broken("the connection ended early")
        return bytes(data)

    def close(self) -> None:
        """Let go of the object; the next call asks for it anew."""
        self._file = None

    def _now(self) -> tuple[int, str]:
        try:
            self._file = self._opened(anon=False)
        except self._botocore.NoCredentialsError:
            try:
                self._file = self._opened(anon=True)
            except Exception as error:
                raise self._why(error) from error
        except Exception as error:
            raise self._why(error) from error
        # Of the object that every part is asked of, by s3fs with If-Match.
        details = self._file.details
        return int(details["size"]), str(details.get("ETag") or "")

    def _opened(self, anon: bool) -> Any:
        config = {
            "connect_timeout": TIMEOUT_S,
            "read_timeout": TIMEOUT_S,
            "retries": {"max_attempts": 1},
        }
        system = self._s3fs.S3FileSystem(
            anon=anon,
            config_kwargs=config,
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        system.retries = 1  # `RemoteFile` tries again
        name = f"{self._address.host}{self._address.path}"
        # Blocks are kept by `RemoteFile`.
        return system.open(name, "rb", cache_type="none")

    def _why(self, error: Exception) -> Exception:
        whole = self._address.whole
        if isinstance(error, FileNotFoundError):
            return MissingVideo("{} does not exist; check the address.", whole)
        if isinstance(error, PermissionError):
            return VideoError(
                "{} cannot be read with the AWS credentials of this computer ({}); "
                "check them, or its permissions.",
                whole,
                error,
            )
        if isinstance(error, self._botocore.NoCredentialsError):
            return VideoError(
                "{} needs AWS credentials and this computer has none; set them up as "
                "for the 'aws' command.",
                whole,
            )
        self.close()
        return Broken(str(error) or type(error).__name__)
