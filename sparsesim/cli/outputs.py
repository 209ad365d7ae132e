"""Standard output and errors that take every sign, and that tell their own faults from those of files."""

import codecs
import io
import os
import sys
import warnings
from typing import Any, Final, TextIO

from sparsesim.cli.signs import replaced

_HANDLER: Final = "sparsesim.plain"


class Unwritten(Exception):  # noqa: N818 (an OSError that nobody between here and `main` may take for one of a file)
    """What was printed could not be written: nobody reads on, or there is no room."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def mend_outputs() -> None:
    """From now on signs that an output does not know become plain ones, and what it cannot write is `Unwritten`.

    One that was closed before the start takes everything. Warnings become a line each.
    """
    codecs.register_error(_HANDLER, replaced)
    for name in ("stdout", "stderr"):
        setattr(sys, name, _mended(getattr(sys, name)))
    warnings.showwarning = _show_warning


def _show_warning(message: Any, *_: Any, **__: Any) -> None:
    """On a line, without the place in the code."""
    sys.stderr.write(f"warning: {' '.join(str(message).split())}\n")


def _mended(stream: Any) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    buffer = getattr(stream, "buffer", None)
    if isinstance(getattr(buffer, "raw", buffer), io.FileIO):  # no console of Windows
        output: Any = _Output(stream.fileno(), "w", closefd=False)
        return io.TextIOWrapper(
            output if isinstance(buffer, io.FileIO) else io.BufferedWriter(output),  # as PYTHONUNBUFFERED has it
            stream.encoding,
            _HANDLER,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=_HANDLER)
    mended: TextIO = stream
    return mended


class _Output(io.FileIO):
    """The end of a stream; after the first failure everything goes nowhere, as the rest would fail again at exit."""

    def write(self, data: Any, /) -> int:
        if not data:  # Typer asks in this way whether it may write text, and takes every error for a no
            return 0
        try:
            return super().write(data) or 0
        except OSError as error:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), self.fileno())
            raise Unwritten(error) from error
