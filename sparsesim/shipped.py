"""Finds the data shipped with the package: the folders `models/` and `workloads/`.

In an installed wheel they are inside the package, under `_shipped/`; in a checkout (and so in an editable
install) they are at the root of the repository, beside the package.
"""

from os.path import exists
from pathlib import Path

from sparsesim.errors import InputError, UnknownNameError

_PACKAGE = Path(__file__).resolve().parent
_MARK_OF_A_CHECKOUT = "pyproject.toml"


def shipped_folder(folder: str) -> Path:
    """The shipped folder with this path, for example `models/networks`.

    Raises InputError for a path that is absolute, contains `..`, or is not shipped.
    """
    relative = Path(folder)
    if relative.is_absolute() or ".." in relative.parts:
        raise InputError(f"{folder!r} is not a folder inside the shipped data")
    for root in _roots(_PACKAGE):
        if (root / relative).is_dir():
            return root / relative
    raise InputError(f"the shipped folder {folder!r} is missing: is sparsesim installed completely?")


def is_shipped_name(name_or_path: str | Path) -> bool:
    """Whether this is a name rather than a file: it has neither suffix nor folder, and nothing here is called so."""
    path = Path(name_or_path)
    return not path.suffix and path.name == str(name_or_path) and not exists(path)  # also of a name that is too long


def shipped_names(folder: str, suffix: str) -> list[str]:
    """Sorted names of the files in a shipped folder that end in `suffix`, without the suffix."""
    paths = shipped_folder(folder).glob(f"*{suffix}")
    return sorted(path.name.removesuffix(suffix) for path in paths if path.is_file())


def shipped_file(family: str, name: str, folder: str, suffix: str) -> Path:
    """The file `name + suffix` in a shipped folder.

    Raises UnknownNameError, with `family` ("network", "machine") in its message, for a name that `shipped_names` does
    not list; no name can therefore reach outside the folder.
    """
    names = shipped_names(folder, suffix)
    if name not in names:
        raise UnknownNameError(family, name, names)
    return shipped_folder(folder) / f"{name}{suffix}"


def _roots(package: Path) -> list[Path]:
    """Where the data of a package at this path may be.

    The folder beside the package counts only in a checkout: beside an installed package are other people's packages.
    """
    beside = package.parent
    return [package / "_shipped"] + ([beside] if (beside / _MARK_OF_A_CHECKOUT).is_file() else [])
