"""What a name asks for: an archive of a collection, and the matrices in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError
from sparsesim.tensors.named.collection import COLLECTIONS, DLMC, Collection

_PIN: Final = "#sha256="
_WORD: Final = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*")
_PATTERN: Final = re.compile(r"[A-Za-z0-9_.+*?!\[\]-]+")
_WILD: Final = frozenset("*?[")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

_USUAL: Final = ("0.5", "0.7", "0.8", "0.9", "0.95", "0.98")
_ALL: Final = ("0.5", "0.6", *_USUAL[1:])
DLMC_FOLDERS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "rn50": {
        "extended_magnitude_pruning": ("0.8", "0.91", "0.96", "0.98"),
        "magnitude_pruning": _USUAL,
        "random_pruning": _USUAL,
        "variational_dropout": ("0.5", "0.8", "0.9", "0.95", "0.98"),
    },
    "transformer": {
        "l0_regularization": _ALL,
        "magnitude_pruning": _ALL,
        "random_pruning": _ALL,
        "variational_dropout": _ALL,
    },
}
"""Sparsities by model and pruning (dlmc.csv of the collection), so that a wrong name is told before all is fetched."""


@dataclass(frozen=True)
class Wanted:
    """Matrices of a collection.

    Attributes:
        given: the name as it was given.
        collection: what it belongs to.
        archive: path of the archive below the address of the collection, and below its folder in the cache.
        path: path of the matrix below that folder, without suffix; a pattern for several.
        suffix: of matrices of this collection.
        sha256: hash that the archive must have, "" if the name says none.
    """

    given: str
    collection: Collection
    archive: str
    path: str
    suffix: str
    sha256: str

    @property
    def several(self) -> bool:
        """Whether the path is a pattern."""
        return not _WILD.isdisjoint(self.path)

    def matches(self, path: str) -> bool:
        """Whether the file at this path of the folder is wanted, level by level."""
        levels, wanted = path.removesuffix(self.suffix).split("/"), self.path.split("/")
        return len(levels) == len(wanted) and all(map(fnmatchcase, levels, wanted))


def parsed(given: str | Path) -> Wanted:
    """What a name asks for; InputError for one that the collection cannot have."""
    name, _, pin = str(given).partition(_PIN)
    if (pin and not _SHA256.fullmatch(pin.lower())) or str(given).endswith(_PIN):
        raise InputError(f"{name}: sha256: {pin!r}: must be 64 hexadecimal digits")
    scheme, _, path = name.partition(":")
    collection, words = COLLECTIONS[scheme], path.strip("/").split("/")
    if collection is DLMC:
        return Wanted(name, collection, "dlmc.tar.gz", _dlmc_path(name, words), ".smtx", pin.lower())
    if len(words) != 2 or not all(map(_WORD.fullmatch, words)):
        raise InputError(f"{name}: must be {scheme}:{collection.layout}, such as {scheme}:SNAP/wiki-Vote")
    path = "/".join([words[0], words[1].removesuffix(".mtx")])
    return Wanted(name, collection, f"{path}.tar.gz", path, ".mtx", pin.lower())


def _dlmc_path(name: str, words: list[str]) -> str:
    """All four levels; those that are missing are all that there is."""
    if not 0 < len(words) <= 4 or not all(_PATTERN.fullmatch(word) and word.strip(".") for word in words):
        raise InputError(f"{name}: must be dlmc:{DLMC.layout}, such as dlmc:rn50/magnitude_pruning/0.8/*")
    model, pruning, sparsity, matrix = [*words, "*", "*", "*"][:4]
    models = _known(name, "model", model, DLMC_FOLDERS)
    prunings = {each for known in models for each in DLMC_FOLDERS[known]}
    longer = [each for each in prunings if each.startswith(f"{pruning}_")]
    pruning = longer[0] if len(longer) == 1 else pruning  # magnitude for magnitude_pruning
    chosen = _known(name, "pruning", pruning, prunings)
    sparsities = {each for known in models for kind in chosen for each in DLMC_FOLDERS[known].get(kind, ())}
    _known(name, "sparsity", sparsity, sparsities)
    return "/".join([model, pruning, sparsity, matrix.removesuffix(".smtx")])


def _known(name: str, field: str, word: str, known: Iterable[str]) -> list[str]:
    names = sorted(known)
    found = [each for each in names if fnmatchcase(each, word)]
    if not found:
        raise InputError(f"{name}: {field}: {word!r}: must be one of {', '.join(names)}")
    return found
