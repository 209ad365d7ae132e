"""Files and folders that a command will write: what is wrong with one is said before any work."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError

TABLES: Final = (".csv",)
PLANS: Final = (".yaml", ".yml")
WEIGHTS: Final = (".npz", ".onnx")
PICTURES: Final = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".eps", ".ps", ".tif", ".tiff", ".webp", ".svgz", ".pgf")
"""What matplotlib writes, which takes too long to load for asking it."""


def check_file(option: str, path: Path | None, suffixes: Collection[str], *, makes_folder: bool = False) -> None:
    """InputError that names the option where no file with one of these suffixes could be written to this path.

    `makes_folder`: folders that are missing will be made. None is no file.
    """
    if path is None:
        return
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{option}: {path}: a name that ends in {_listed(suffixes)} is needed")
    if _is_dir(path):
        raise InputError(f"{option}: {path}: this is a folder")
    if path.exists():
        _check_writable(option, path, path)
    elif makes_folder:
        _check_folder(option, path, path.parent)
    elif not _is_dir(path.parent):
        raise InputError(f"{option}: {path}: there is no such folder")
    else:
        _check_writable(option, path, path.parent)


def check_folder(option: str, path: Path | None) -> None:
    """InputError that names the option where no files could be written to this folder, made where it is missing."""
    if path is not None:
        _check_folder(option, path, path)


def _check_folder(option: str, path: Path, folder: Path) -> None:
    there = next(above for above in (folder, *folder.parents, Path()) if above.exists() or above == Path())
    if not _is_dir(there):
        raise InputError(f"{option}: {path}: {there} is no folder")
    _check_writable(option, path, there)


def _check_writable(option: str, path: Path, what: Path) -> None:
    if not os.access(what, os.W_OK):
        raise InputError(f"{option}: {path}: no permission to write {'here' if what == path else f'to {what}'}")


def _is_dir(path: Path) -> bool:
    """Whether this is a folder; a path that no system takes, such as one that is too long, is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _listed(suffixes: Collection[str]) -> str:
    *first, last = suffixes
    return f"{', '.join(first)} or {last}" if first else last
