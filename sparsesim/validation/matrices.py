"""Where the real matrices lie that the references were measured on. None of them travels with the package."""

import os
from functools import cached_property
from pathlib import Path

from sparsesim.tensors import SparseMatrix, read_matrix

SUFFIXES = (".mtx", ".mtx.gz")
VARIABLE = "SPARSESIM_DATA"


def data_folder(given: Path | None = None) -> Path:
    """The folder asked for, else the one that SPARSESIM_DATA names, else `../shared/data` beside a checkout.

    Outside a checkout the last resort is the current folder. Whether anything lies there is not checked.
    """
    if given is not None:
        return given
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    checkout = Path(__file__).resolve().parents[2]
    return checkout.parent / "shared" / "data" if (checkout / "pyproject.toml").is_file() else Path()


class MatrixFolder:
    """Matrix Market files in a folder and in its subfolder `matrices`, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def paths(self) -> dict[str, Path]:
        """Every matrix file by its name without suffix; the order is alphabetical."""
        found = {
            path.name.removesuffix(suffix): path
            for folder in (self.root, self.root / "matrices")
            for suffix in SUFFIXES
            for path in folder.glob(f"*{suffix}")
        }
        return dict(sorted(found.items()))

    def read(self, name: str) -> SparseMatrix:
        """The matrix; InputError that names the file if it cannot be read."""
        return read_matrix(self.paths[name])

    def describe_absence(self) -> str:
        """What is wrong with the folder, for the error of a reference that finds nothing in it."""
        return f"{self.root}: {'no wanted matrix here' if self.root.is_dir() else 'no such folder'}"
