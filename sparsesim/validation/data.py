"""Finds the real matrices, networks and measured tables that references use; none of them travels with the package."""

import os
from functools import cached_property
from pathlib import Path

from sparsesim.errors import InputError
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


class DataFolder:
    """The folder of real data: files by their path in it, and its matrices by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.matrices = MatrixFolder(root)

    def file(self, path: str) -> Path | None:
        """The file at this path, None if it is not there."""
        return self.root / path if (self.root / path).is_file() else None

    def matching(self, pattern: str) -> list[Path]:
        """All paths that match, such as `reference/gemm24_*.csv`, sorted."""
        return sorted(self.root.glob(pattern))

    def lacks(self, what: str, wanted: str, origin: str) -> InputError:
        """The error of a reference that does not find `what`, telling which files are `wanted` and their `origin`."""
        missing = f"no {what} here" if self.root.is_dir() else "no such folder"
        return InputError(
            f"{self.root}: {missing}; wanted: {wanted} in a folder named by --data or {VARIABLE}; {origin}"
        )
