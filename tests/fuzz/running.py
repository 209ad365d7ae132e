"""The program in this process: its words, its exit code, and what it printed."""

import contextlib
import io
import sys
from collections.abc import Sequence
from typing import NamedTuple

from sparsesim.cli import main


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    error: str


class _Stream(io.TextIOWrapper):
    """A stream of text as the program gets one, kept in memory."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        super().__init__(self._written, encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.flush()
        return self._written.getvalue().decode("utf-8")


def ended(words: Sequence[str]) -> Ended:
    """Run `sparsesim WORDS`; whatever is no SystemExit comes out as it is."""
    out, error, argv = _Stream(), _Stream(), sys.argv
    sys.argv = ["sparsesim", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = argv
    return Ended(code, out.text(), error.text())
