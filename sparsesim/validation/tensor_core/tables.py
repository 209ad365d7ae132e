"""Reads the measured tables; every fault of a table names file, line, column and value."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError
from sparsesim.validation.tensor_core.description import Llmcompass, SingleTable

GEMM_COLUMNS: Final = ("gpu", "dtype", "suite", "M", "N", "K", "dense_us", "sparse24_us", "sparse_run")
VENOM_COLUMNS: Final = ("algo", "m", "k", "n", "meta_block_sz", "nn_row", "mm_col", "spmm_time", "gemm_time")
LLMCOMPASS_COLUMNS: Final = ("M", "N", "K", "time", "Tflops")

PLAIN: Final = "2_4"
"""The `sparse_run` of 2:4 itself; others time the same kernel at a larger K."""


@dataclass(frozen=True)
class Point:
    """C[n, m] = A[n, k] @ B[k, m] with weights A and m tokens; measured microseconds, None where there are none.

    `storage` is the format of the sparse weights. `card` names card and table, `gpu` of a gemm24 table alone.
    """

    card: str
    dtype: str
    suite: str
    m: int
    n: int
    k: int
    dense_us: float | None
    sparse_us: float | None
    storage: str = "nm-2:4"

    @property
    def case(self) -> str:
        """Such as "A100 FP16, SQUARE N64 K64 M64"."""
        return f"{self.card} {self.dtype}, {self.suite} N{self.n} K{self.k} M{self.m}"

    @property
    def kernel(self) -> str:
        """What the sparse weights are: "2:4", or "V:N:M" for any vnm pattern."""
        return "V:N:M" if self.storage.startswith("vnm-") else self.storage.removeprefix("nm-")

    @property
    def ratio(self) -> float | None:
        """How many times faster the sparse product is."""
        return self.dense_us / self.sparse_us if self.dense_us and self.sparse_us else None


@dataclass(frozen=True)
class Line:
    """A line of a table by column, and where it stands."""

    path: Path
    number: int
    fields: dict[str, str]

    def count(self, column: str) -> int:
        """A whole number above zero."""
        text = self.fields[column]
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise self.fault(column, "a whole number above zero")
        return int(text)

    def time(self, column: str, unit: str = "") -> float:
        """A time above zero, followed by `unit`."""
        text = self.fields[column]
        try:
            value = float(text.removesuffix(unit)) if text.endswith(unit) else 0.0
        except ValueError:
            value = 0.0
        if not isfinite(value) or value <= 0:
            raise self.fault(column, f"a time above zero{f' in {unit}' if unit else ''}")
        return value

    def fault(self, column: str, wanted: str) -> InputError:
        """The error of a value that is not what is wanted."""
        return InputError(
            f"{self.path}: line {self.number}: {column}: {wanted} is needed, found {self.fields[column]!r}"
        )


def read_gemm(path: Path) -> list[Point]:
    """All lines of a gemm24 table that are dense or 2:4 at the K that is named; a missing time is None."""
    points = []
    for line in _lines(path):
        sparse = line.fields["sparse_run"] == PLAIN and line.fields["sparse24_us"] != ""
        dense = line.fields["dense_us"] != ""
        shape = (line.count("M"), line.count("N"), line.count("K"))
        if sparse or dense:
            times = (line.time("dense_us") if dense else None, line.time("sparse24_us") if sparse else None)
            points.append(Point(line.fields["gpu"], line.fields["dtype"], line.fields["suite"], *shape, *times))
    return points


def missing_columns(path: Path) -> list[str]:
    """Columns of a gemm24 table that a file does not have."""
    header = _records(path)[:1]
    return [name for name in GEMM_COLUMNS if not header or name not in header[0][1]]


def read_llmcompass(path: Path, table: Llmcompass) -> list[Point]:
    """Dense times; the file has no line of names."""
    points = []
    for line in _lines(path, LLMCOMPASS_COLUMNS):
        shape = line.count("M"), line.count("N"), line.count("K")
        points.append(Point(table.card, "FP16", "K = N", *shape, 1000 * line.time("time", "ms"), None))
    return points


def read_venom(path: Path, table: SingleTable) -> list[Point]:
    """2:4 by cuSPARSELt (algo 3) and V:N:M (algo 2), of every product the fastest kernel."""
    fastest: dict[tuple[object, ...], Point] = {}
    for line in _lines(path, required=VENOM_COLUMNS):
        suite, storage = _venom_kernel(line)
        shape = line.count("n"), line.count("m"), line.count("k")
        times = 1000 * line.time("gemm_time", ""), 1000 * line.time("spmm_time", "")
        point = Point(table.card, "FP16", suite, *shape, *times, storage)
        best = fastest.setdefault((suite, *shape), point)
        if times[1] < (best.sparse_us or 0):
            fastest[(suite, *shape)] = point
    return list(fastest.values())


def _venom_kernel(line: Line) -> tuple[str, str]:
    """Suite and format."""
    algorithm = line.fields["algo"]
    if algorithm == "3":
        return "cuSPARSELt", "nm-2:4"
    if algorithm != "2":
        raise line.fault("algo", "2 (V:N:M) or 3 (2:4)")
    pattern = ":".join(str(line.count(name)) for name in ("meta_block_sz", "nn_row", "mm_col"))
    return f"V:N:M {pattern}", f"vnm-{pattern}"


def _lines(path: Path, names: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> Iterator[Line]:
    """Every line by column; the first one holds the names unless they are given."""
    records = _records(path)
    columns = list(names) if names else records[0][1] if records else []
    for name in required:
        if name not in columns:
            raise InputError(f"{path}: line 1: no column {name}, found {', '.join(columns)}")
    for number, fields in records[0 if names else 1 :]:
        if len(fields) != len(columns):
            first = columns[min(len(fields), len(columns) - 1)]
            raise InputError(
                f"{path}: line {number}: {first}: {len(columns)} values are needed, found {len(fields)}: "
                f"{','.join(fields)!r}"
            )
        yield Line(path, number, dict(zip(columns, fields, strict=True)))


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and stripped fields of all lines that are not empty."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            return [(reader.line_num, [field.strip() for field in fields]) for fields in reader if fields]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from error
