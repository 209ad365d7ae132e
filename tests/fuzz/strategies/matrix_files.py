"""Files of matrices: MatrixMarket, smtx, SciPy and NumPy archives, each also packed."""

import io
import struct
import zipfile
import zlib
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

SIZES = (0, 1, 2, 3, 4, 5, -1, 10**6, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, 2**63, 10**30)
_NUMBERS = (
    "1",
    "2",
    "3",
    "1.5",
    "-2",
    "0",
    "1e3",
    "nan",
    "inf",
    "1e999",
    "x",
    "1,5",
    "",
    "1 1",
    "2147483648",
    "9" * 400,
)


@st.composite
def matrix_markets(draw: st.DrawFn) -> bytes:
    """Text as MatrixMarket has it, where one part may contradict another."""
    layout = draw(st.sampled_from(("coordinate", "coordinate", "coordinate", "array", "")))
    field = draw(st.sampled_from(("real", "integer", "pattern", "complex", "double")))
    symmetry = draw(st.sampled_from(("general", "general", "symmetric", "skew-symmetric", "hermitian")))
    rows, columns = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    columns = rows if symmetry != "general" and draw(st.integers(0, 3)) else columns
    lines = [_entry(draw, layout, field, symmetry, rows, columns) for _ in range(draw(st.integers(0, 6)))]
    entries = len(lines) if draw(st.integers(0, 5)) else draw(st.sampled_from(SIZES))
    sizes = [draw(st.sampled_from(SIZES)) if draw(st.integers(0, 11)) == 0 else side for side in (rows, columns)]
    comment = draw(st.sampled_from(("", "% a remark\n", "\n", "%\xe9\n")))
    header = f"%%MatrixMarket matrix {layout} {field} {symmetry}\n{comment}"
    promised = "" if layout == "array" else f" {entries}"
    return "\n".join([f"{header}{sizes[0]} {sizes[1]}{promised}", *lines, ""]).encode("latin-1")


def _entry(draw: st.DrawFn, layout: str, field: str, symmetry: str, rows: int, columns: int) -> str:
    plain = str(draw(st.integers(-3, 3))) if field == "integer" else f"{draw(st.integers(-30, 30)) / 4}"
    value = plain if draw(st.integers(0, 11)) else draw(st.sampled_from(_NUMBERS))
    if layout == "array":
        return value
    row, column = draw(st.integers(1, max(rows, 1))), draw(st.integers(1, max(columns, 1)))
    if symmetry != "general" and draw(st.integers(0, 5)):
        row, column = max(row, column), min(row, column)
    if draw(st.integers(0, 15)) == 0:
        column = draw(st.sampled_from(SIZES))
    return f"{row} {column}" if field == "pattern" and draw(st.integers(0, 9)) else f"{row} {column} {value}"


@st.composite
def smtx_texts(draw: st.DrawFn) -> bytes:
    """rows, columns, non-zeros, offsets and columns, where one number may be wrong."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    pattern = random.random((rows, columns)) < 0.4
    offsets = [0, *np.cumsum(pattern.sum(axis=1)).tolist()]
    numbers = [str(each) for each in (rows, columns, offsets[-1], *offsets, *np.nonzero(pattern)[1].tolist())]
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        numbers[draw(st.integers(0, len(numbers) - 1))] = draw(st.sampled_from((*map(str, SIZES), *_NUMBERS)))
    return (", ".join(numbers[:3]) + "\n" + draw(st.sampled_from((" ", "\n", ","))).join(numbers[3:]) + "\n").encode()


@st.composite
def npy_arrays(draw: st.DrawFn) -> bytes:
    """An array in NumPy's format whose header may promise another type or shape than there is."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(draw(st.lists(st.integers(0, 5), max_size=3)))
    number_type = draw(
        st.sampled_from(("<f4", "<f8", ">f8", "<f2", "<i4", "|u1", "|b1", "<c8", "<M8[s]", "<U3", "|V4", "|O"))
    )
    data = random.integers(0, 3, 256, np.uint8).tobytes()
    size = int(np.prod(shape)) * (8 if number_type == "|O" else np.dtype(number_type).itemsize)
    data = data[: size + draw(st.sampled_from((0, 0, 0, -1, 5)))] if size < len(data) else data
    told = shape if draw(st.integers(0, 3)) else tuple(draw(st.lists(st.sampled_from(SIZES), max_size=4)))
    order = draw(st.sampled_from(("False", "False", "True", "1", "None")))
    descr = (
        repr(number_type) if draw(st.integers(0, 9)) else draw(st.sampled_from(("[('a','<f4')]", "1", "'|O8'", "'x'")))
    )
    return npy(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {told!r}, }}", data)


def npy(header: str, data: bytes) -> bytes:
    """Bytes of version 1 of the format with this header."""
    padded = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + data


@st.composite
def npz_matrices(draw: st.DrawFn) -> bytes:
    """A sparse matrix as SciPy saves it, where arrays may be missing, wrong or of another type; or arrays by name."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns, kind = (
        draw(st.integers(0, 5)),
        draw(st.integers(0, 5)),
        draw(st.sampled_from(("csr", "csc", "coo", "bsr"))),
    )
    arrays: dict[str, Any] = _positions(random, rows, columns, kind) | {"format": np.array(kind.encode())}
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        name = draw(st.sampled_from(sorted(arrays)))
        change = draw(
            st.sampled_from(("drop", "float", "negative", "huge", "longer", "shorter", "2-D", "scalar", "big-endian"))
        )
        _change(arrays, name, change)
    if draw(st.integers(0, 7)) == 0:
        arrays = {
            "fc": random.integers(0, 2, (rows, columns)).astype(draw(st.sampled_from((">f8", "<i8", "<f2", "<c8"))))
        }
    return archive({f"{name}.npy": _npy_of(array) for name, array in arrays.items()})


def _positions(random: np.random.Generator, rows: int, columns: int, kind: str) -> dict[str, Any]:
    pattern = random.random((rows, columns)) < 0.4
    first, second = np.nonzero(pattern)
    found = {"shape": np.array([rows, columns]), "data": random.integers(1, 9, len(first)).astype(np.float32)}
    if kind == "coo":
        return found | {"row": first, "col": second}
    along = pattern.T if kind == "csc" else pattern
    return found | {"indptr": np.concatenate([[0], np.cumsum(along.sum(axis=1))]), "indices": np.nonzero(along)[1]}


def _change(arrays: dict[str, Any], name: str, change: str) -> None:
    array = arrays[name]
    if change == "drop":
        del arrays[name]
    elif array.dtype.kind == "S":
        arrays[name] = np.array(change.encode())
    elif change == "float":
        arrays[name] = array.astype(np.float64) + 0.5
    elif change in ("negative", "huge"):
        arrays[name] = np.where(
            np.arange(array.size) == 0, -7 if change == "negative" else 2**62, array.astype(np.int64)
        )
    else:
        arrays[name] = {
            "longer": lambda: np.append(array, array[-1:]),
            "shorter": lambda: array[:-1],
            "2-D": lambda: array.reshape(1, -1),
            "scalar": lambda: np.array(3),
            "big-endian": lambda: array.astype(array.dtype.newbyteorder(">")),
        }[change]()


def _npy_of(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    """A zip archive of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return file.getvalue()


BOMB_BYTES = 2**28
"""What the bombs unpack to: four times the budget of a case."""


@cache
def bombs() -> dict[str, bytes]:
    """Small files that unpack to far more than the budget, and files of a few bytes that promise as much."""
    zeros = zlib.compressobj(9, wbits=31)
    text = b"%%MatrixMarket matrix coordinate pattern general\n9000000 9000000 9000000\n"
    line = b"1 1\n" * 2**16
    packed = (
        zeros.compress(text) + b"".join(zeros.compress(line) for _ in range(BOMB_BYTES // len(line))) + zeros.flush()
    )
    header = npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({BOMB_BYTES // 4 // 64}, 64), }}", b"")
    return {
        "bomb.mtx.gz": packed,
        "bomb.npz": archive({"a.npy": header + bytes(BOMB_BYTES)}),
        "rows.mtx": b"%%MatrixMarket matrix coordinate real general\n1000000000 1 1\n1 1 1.0\n",
        "columns.mtx": b"%%MatrixMarket matrix array real general\n2147483647 0\n",
        "promise.npy": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 4), }", b"\0" * 64),
        "rows.smtx": b"1000000000, 1, 0\n" + b"0 " * 8,
    }
