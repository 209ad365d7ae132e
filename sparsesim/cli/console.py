"""Where tables are printed."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console() -> "Console":
    """Standard output; wide where it is a file or pipe, so that nothing is wrapped or cut off."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=200)
