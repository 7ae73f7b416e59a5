"""Parts of an object behind ``https://``.

The standard library is used because every answer has to be looked at: that it is the
part which was asked for, of the object that was opened, and by the host that a person
allowed. A redirection is never followed to another host.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
from urllib.parse import quote, urljoin, urlsplit

from skelseg_core.errors import MissingVideo, VideoError
from skelseg_core.video.remote.address import Address
from skelseg_core.video.remote.connection import TIMEOUT_S, Broken, changed

MOST_REDIRECTIONS = 3
"""Redirections within the host that are followed, one after the other."""
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_SAFE = "/%:;?&=+,@!$'()*~[]"
"""Characters of an address that stay; what is escaped already stays so."""


class HttpsConnection:
    """Connection to one object of a web server that gives parts of it.

    Parameters
    ----------
    address : Address
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._target = quote(address.path, safe=_SAFE)
        self._connection: http.client.HTTPConnection | None = None
        self._state: tuple[int, str] | None = None

    def state(self) -> tuple[int, str]:
        """Return size in bytes and tag, by asking for the first byte."""
        _, self._state = self._part(0, 1)
        return self._state

    def read(self, start: int, stop: int) -> bytes:
        """Read bytes ``start`` up to ``stop``."""
        data, state = self._part(start, stop)
        if state != self._state:
            raise changed(self.address.whole)
        return data

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _part(self, start: int, stop: int) -> tuple[bytes, tuple[int, str]]:
        try:
            return self._asked(start, stop)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise VideoError(
                "The identity of {} cannot be checked ({}); nothing was read from it.",
                self.address.host,
                error.verify_message,
            ) from error
        except (http.client.HTTPException, OSError, ValueError) as error:
            # ValueError: a redirect without an address, or a host without a valid name.
            self.close()
            why = getattr(error, "strerror", "") or str(error) or type(error).__name__
            raise Broken(why) from error
        except BaseException:
            self.close()  # what is left of the answer would be taken for the next
            raise

    def _asked(self, start: int, stop: int) -> tuple[bytes, tuple[int, str]]:
        answer = self._answer(start, stop)
        for _ in range(MOST_REDIRECTIONS):
            if answer.status not in (301, 302, 303, 307, 308):
                break
            self._redirect(answer.headers.get("Location", ""))
            answer = self._answer(start, stop)
        self._check(answer)
        said = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if said is None or (int(said[1]), int(said[2])) != (start, stop - 1):
            raise Broken("the server sent another part")
        data = answer.read(stop - start + 1)
        if len(data) != stop - start:
            raise Broken("the connection ended early")
        tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        return data, (int(said[3]), tag)

    def _answer(self, start: int, stop: int) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = self.new_connection()
        headers = {
            "Range": f"bytes={start}-{stop - 1}",
            "Accept-Encoding": "identity",
            "User-Agent": "skelseg",
        }
        self._connection.request("GET", self._target, headers=headers)
        return self._connection.getresponse()

    def new_connection(self) -> http.client.HTTPConnection:
        """Make a connection to the host, which has to prove that it is the host."""
        host = self.address.host.strip("[]")
        return http.client.HTTPSConnection(
            host,
            self.address.port,
            timeout=TIMEOUT_S,
            context=ssl.create_default_context(),
        )

    def _redirect(self, location: str) -> None:
        here = self.address.place
        to = urlsplit(urljoin(f"{here}{self._target}", location))
        if f"{to.scheme}://{to.netloc}".lower() != here:
            raise VideoError(
                "{} redirects to {}, which is not allowed; use the address of the "
                "video there.",
                self.address.whole,
                f"{to.scheme}://{to.netloc}",
            )
        # Headers are bytes, of which the library makes characters one by one.
        target = to.path + (f"?{to.query}" if to.query else "")
        self._target = quote(target.encode("latin-1", "replace"), safe=_SAFE)
        self.close()

    def _check(self, answer: http.client.HTTPResponse) -> None:
        """Refuse an answer that is no part of the object.

        Raises
        ------
        VideoError
            Where asking again is of no use.
        """
        whole, status = self.address.whole, answer.status
        if status == 206:
            return
        if status in (404, 410):
            raise MissingVideo("{} does not exist; check the address.", whole)
        if status in (401, 403):
            raise VideoError("{} is not public; check its permissions.", whole)
        if status == 416:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer.read()
            raise changed(whole) if self._state else VideoError("{} is empty.", whole)
        if status == 200:
            raise VideoError(
                "{} cannot be read in parts, because its server sends only the whole "
                "file; copy the video to this computer.",
                whole,
            )
        raise Broken(f"{status} {answer.reason}")
