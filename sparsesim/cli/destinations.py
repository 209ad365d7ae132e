"""Files and folders that a command will write: what is wrong with one is said before any work."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from sparsesim.errors import InputError

TABLES: Final = (".csv",)
PLANS: Final = (".yaml", ".yml")
WEIGHTS: Final = (".npz", ".onnx")
PICTURES: Final = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".eps", ".ps", ".tif", ".tiff", ".webp", ".svgz", ".pgf")
"""What matplotlib writes, which takes too long to load for asking it."""


def check_file(option: str, path: Path | None, suffixes: Collection[str], *, makes_folder: bool = False) -> None:
    """InputError that names the option where no file with one of these suffixes can be written to this path.

    `makes_folder`: folders that are missing will be made. None is no file. What is there stays as it is.
    """
    if path is None:
        return
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{option}: {path}: a name that ends in {_listed(suffixes)} is needed")
    if _is_dir(path):
        raise InputError(f"{option}: {path}: this is a folder")
    if not makes_folder and not _is_dir(path.parent):
        raise InputError(f"{option}: {path}: there is no such folder")
    with _tried(option, path, path.parent):
        there = path.exists()
        with path.open("ab"):
            pass
        if not there:
            path.unlink()


def check_folder(option: str, path: Path | None) -> None:
    """InputError that names the option where no files can be written to this folder, made where it is missing."""
    if path is not None:
        with _tried(option, path, path), TemporaryFile(dir=path):
            pass


@contextmanager
def _tried(option: str, path: Path, folder: Path) -> Iterator[None]:
    """With a folder for a moment: permissions say less than an attempt does."""
    made: list[Path] = []
    try:
        for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
            missing.mkdir()
            made.append(missing)
        yield
    except OSError as error:
        raise InputError(f"{option}: {path}: cannot be written: {error.strerror}") from error
    finally:
        for each in reversed(made):
            each.rmdir()


def _is_dir(path: Path) -> bool:
    """Whether this is a folder; a path that no system takes, such as one that is too long, is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _listed(suffixes: Collection[str]) -> str:
    *first, last = suffixes
    return f"{', '.join(first)} or {last}" if first else last
