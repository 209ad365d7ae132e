"""Matrices as NumPy, SciPy or a reader of a few lines find them in the same bytes."""

import gzip
import io
import itertools
from collections.abc import Callable

import numpy as np
import scipy.sparse

from tests.fuzz import oracles
from tests.fuzz.file import File


def _unpacked(file: File) -> bytes:
    return gzip.decompress(file.content) if file.name.endswith(".gz") else file.content


def market_elsewhere(file: File) -> np.ndarray | None:
    """A MatrixMarket text read line by line, as the format is described; AssertionError for one that breaks it."""
    lines = _unpacked(file).decode("latin-1").splitlines()
    _, _, layout, field, symmetry = lines[0].lower().split()
    rest = [line for line in lines[1:] if line.strip() and not line.lstrip().startswith("%")]
    sizes = [int(word) for word in rest[0].split()]
    wanted = np.zeros(sizes[:2])
    if layout == "array":
        return None
    oracles.expect(len(rest) - 1 == sizes[2], f"{sizes[2]} entries promised, {len(rest) - 1} there")
    for line in rest[1:]:
        row, column, *values = line.split()
        oracles.expect(len(values) == (field != "pattern"), f"{line!r} in a {field} file")
        value = float(values[0]) if values else 1.0
        oracles.expect(field != "integer" or value == int(value), f"{line!r} in an integer file")
        oracles.expect(symmetry == "general" or int(row) >= int(column), f"{line!r} in a {symmetry} file")
        oracles.expect(symmetry != "skew-symmetric" or row != column, f"{line!r} in a {symmetry} file")
        places = [(int(row), int(column))] + (
            [(int(column), int(row))] if row != column and symmetry != "general" else []
        )
        for sign, (i, j) in zip((1, -1 if symmetry == "skew-symmetric" else 1), places, strict=False):
            wanted[i - 1, j - 1] += sign * value
    return (wanted != 0).astype(float) if field == "pattern" else wanted


def pattern_elsewhere(file: File) -> np.ndarray:
    """An smtx text, number by number."""
    text = " ".join(line for line in file.content.decode().splitlines() if not line.lstrip().startswith("%"))
    rows, columns, nnz, *numbers = (int(word) for word in text.replace(",", " ").split())
    offsets, places = numbers[: rows + 1], numbers[rows + 1 :]
    oracles.expect(len(places) == nnz, f"{len(places)} columns for {nnz} non-zeros")
    wanted = np.zeros((rows, columns))
    for row, (first, last) in enumerate(itertools.pairwise(offsets)):
        wanted[row, places[first:last]] = 1
    return wanted


def archive_elsewhere(file: File) -> np.ndarray | None:
    """What SciPy makes of the arrays that NumPy loads; None for a bare pattern."""
    with np.lib.npyio.NpzFile(io.BytesIO(file.content), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    if "format" not in found:
        return next(iter(found.values())).astype(float)
    if "data" not in found:
        return None
    kind, shape, data = found["format"].item().decode(), found["shape"], found["data"].astype(float)
    if kind == "coo":
        return scipy.sparse.coo_array((data, (found["row"], found["col"])), shape=shape).toarray()
    build = {"csr": scipy.sparse.csr_array, "csc": scipy.sparse.csc_array}[kind]
    return build((data, found["indices"], found["indptr"]), shape=shape).toarray()


READ_ELSEWHERE: dict[str, Callable[[File], np.ndarray | None]] = {
    "mtx": market_elsewhere,
    "smtx": pattern_elsewhere,
    "npz": archive_elsewhere,
    "npy": lambda file: np.load(io.BytesIO(file.content), allow_pickle=False).astype(float),
}
