"""One file over HTTP: bounded, with timeouts, whole or not at all, and every failure in a few words."""

import hashlib
import logging
import shutil
from pathlib import Path
from typing import IO, Any, Final

from sparsesim.errors import InputError
from sparsesim.limits import in_words
from sparsesim.places import one_line

LOG: Final = logging.getLogger(__name__)
_CONNECT_S, _SILENCE_S = 15, 60
"""Without a connection, and without a byte, for so long, a download ends (assumed)."""
_CHUNK_BYTES: Final = 2**16
_GZIP, _TAR, _TAR_AT = b"\x1f\x8b", b"ustar", 257


class UnreachableError(Exception):
    """Something was not fetched; the message says why in a few words."""


def download(url: str, file: Path, limit_bytes: int) -> str:
    """Fetch an archive into `file`; its SHA-256.

    Raises UnreachableError for whatever the network or the server does, InputError for what is larger than
    `limit_bytes` or than the disk.
    """
    import pooch  # with requests, which nobody else needs
    from requests import exceptions as errors

    with file.open("wb") as out:
        sink = _Sink(out, url, file, limit_bytes)
        fetch = pooch.HTTPDownloader(
            progressbar=sink,
            chunk_size=_CHUNK_BYTES,
            timeout=(_CONNECT_S, _SILENCE_S),
            headers={"Accept-Encoding": "identity"},  # the bytes as they are stored, whose hash is known
        )
        try:
            fetch(url, sink, None)
        except errors.RequestException as error:
            raise UnreachableError(_reason(error, sink.size_bytes)) from error
    if sink.size_bytes < sink.total:
        raise UnreachableError(f"it breaks off after {sink.size_bytes} of {sink.total} bytes")
    with file.open("rb") as archive:
        start = archive.read(_TAR_AT + len(_TAR))
    if not (start.startswith(_GZIP) or start[_TAR_AT:] == _TAR):
        raise UnreachableError("what came is no archive, perhaps a page that asks for something")
    return sink.sha256.hexdigest()


class _Sink:
    """Where the downloader writes, and what it tells how much is to come."""

    def __init__(self, out: IO[bytes], url: str, file: Path, limit_bytes: int) -> None:
        self._out, self._url, self._file, self._limit_bytes = out, url, file, limit_bytes
        self._total = 0
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()

    @property
    def total(self) -> int:
        """Bytes that the server promises, 0 if it does not say."""
        return self._total

    @total.setter
    def total(self, size_bytes: int) -> None:
        self._check(size_bytes)
        free = shutil.disk_usage(self._file.parent).free
        if size_bytes > free:
            raise InputError(f"{self._url}: {in_words(size_bytes)}: {self._file.parent} has {in_words(free)} left")
        LOG.info("fetching %s%s", self._url, f", {in_words(size_bytes)}" if size_bytes else "")
        self._total = size_bytes

    def write(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        self._check(self.size_bytes)
        self.sha256.update(chunk)
        self._out.write(chunk)

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._limit_bytes:
            raise InputError(f"{self._url}: larger than the {in_words(self._limit_bytes)} that are fetched at most")

    def flush(self) -> None:
        """Left to the end."""

    def update(self, size_bytes: int) -> None:
        """Part of what a bar of the downloader has."""

    def reset(self) -> None:
        """Part of what a bar of the downloader has."""

    def close(self) -> None:
        """Part of what a bar of the downloader has."""


def _reason(error: Any, size_bytes: int) -> str:
    from requests import exceptions as errors

    if isinstance(error, errors.HTTPError):
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, errors.InvalidSchema | errors.InvalidURL | errors.MissingSchema):
        return f"it leads to what is neither http nor https: {one_line(error)}"
    if isinstance(error, errors.ConnectTimeout):
        return f"no connection within {_CONNECT_S} s"
    if isinstance(error, errors.ChunkedEncodingError | errors.ContentDecodingError):
        return f"it breaks off after {size_bytes} bytes"
    if isinstance(error, errors.Timeout) or "Read timed out" in str(error):
        return f"silent for {_SILENCE_S} s"
    if isinstance(error, errors.SSLError):
        return "its certificate cannot be checked"
    if isinstance(error, errors.ProxyError):
        return "no way through the proxy"
    if isinstance(error, errors.ConnectionError):
        return "no such host, or no network" if "NameResolution" in str(error) else "no connection"
    return one_line(error)
