"""Matrices by the name that a public collection gives them: fetched once, checked at every use, read from then on.

What fetches them is imported when such a name is used.
"""

from pathlib import Path

from sparsesim.errors import InputError
from sparsesim.tensors.named.collection import COLLECTIONS, Collection, is_collection_name

__all__ = [
    "COLLECTIONS",
    "Collection",
    "collection_of",
    "is_collection_name",
    "named_file",
    "named_files",
    "short_name",
]


def named_files(name: str | Path, mirror: str = "", cache: Path | None = None) -> list[Path]:
    """The files of the matrices that a name such as `dlmc:rn50/magnitude_pruning/0.8/*` stands for, sorted.

    What the cache lacks is fetched from `mirror`, by default the address of the collection or what its environment
    variable says, into `cache`, by default the folder of SPARSESIM_CACHE or that of the system. What is fetched for the
    first time is trusted, and its SHA-256 recorded beside it; `#sha256=...` at the end of a name says it beforehand.

    Raises InputError in one line for a name that the collection cannot have, for what cannot be fetched (with the place
    where to put it by hand), for another hash, and for an archive that is damaged or larger than what it may be.
    """
    from sparsesim.tensors.named.fetching import files_of
    from sparsesim.tensors.named.wanted import parsed

    return files_of(parsed(name), mirror, cache)


def named_file(name: str | Path) -> Path:
    """The file of one matrix; InputError as `named_files`, and for a name of several."""
    files = named_files(name)
    if len(files) > 1:
        shown = ", ".join(file.stem for file in files[:5])
        raise InputError(f"{name}: {len(files)} matrices, name one of them: {shown}{', ...' if len(files) > 5 else ''}")
    return files[0]


def collection_of(name: str | Path) -> Collection:
    """The collection that a name belongs to."""
    return COLLECTIONS[str(name).partition(":")[0]]


def short_name(name: str | Path) -> str:
    """The last word of a name or path, which says enough in a table, without what pins its hash."""
    if not is_collection_name(name):
        return Path(name).name
    from sparsesim.tensors.named.wanted import parsed

    return parsed(name).path.rpartition("/")[2]
