"""A file as it is drawn."""

from typing import NamedTuple


class File(NamedTuple):
    """A name and the bytes of a file, and whether nothing was changed in it."""

    name: str
    content: bytes
    whole: bool = False
