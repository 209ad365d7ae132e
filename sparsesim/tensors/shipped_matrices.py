"""Matrices that travel with the package: each a file and, beside it, a YAML record of what it is."""

from pathlib import Path

from sparsesim.shipped import is_shipped_name, shipped_file, shipped_folder, shipped_names
from sparsesim.yaml_file import Description, load_description

_SHIPPED = "models/matrices"


class MatrixRecord(Description):
    """What a shipped matrix is.

    Attributes:
        name: what users call it.
        file: file name in the same folder.
        description: what it is, on one line; a generated one says so.
        source: publication, or model and seed.
        licence: under which it may be passed on.
    """

    name: str
    file: str
    description: str
    source: str
    licence: str


def matrix_names() -> list[str]:
    """Names of the matrices that travel with the package."""
    return shipped_names(_SHIPPED, ".yaml")


def matrix_record(name: str) -> MatrixRecord:
    """What a shipped matrix is; UnknownNameError for any other name."""
    return load_description(shipped_file("matrix", name, _SHIPPED, ".yaml"), MatrixRecord)


def matrix_file(name_or_path: str | Path) -> Path:
    """The file of a shipped matrix by its name, or the path itself; UnknownNameError for a name that is neither."""
    if not is_shipped_name(name_or_path):
        return Path(name_or_path)
    return shipped_folder(_SHIPPED) / matrix_record(str(name_or_path)).file
