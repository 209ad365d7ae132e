"""Reads measured tables (CSV) whose columns are declared as the fields of a model; a fault names file, line, column."""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from sparsesim.errors import InputError


class TableLine(BaseModel):
    """Base of all lines: a field per column that is read, with the name in the file as its alias if that differs.

    Types and bounds of the fields are the range in which a line is accepted; other columns are ignored.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


Line = TypeVar("Line", bound=TableLine)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError("a whole number is needed")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("a whole number above zero is needed")
    return int(text)


def _positive(text: str, unit: str = "") -> float:
    try:
        value = float(text.removesuffix(unit)) if text.endswith(unit) else 0.0
    except ValueError:
        value = 0.0
    if not isfinite(value) or value <= 0:
        raise ValueError(f"a number above zero{f' in {unit}' if unit else ''} is needed")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[int, BeforeValidator(_count)]
Positive = Annotated[float, BeforeValidator(_positive)]
PositiveOrNone = Annotated[float | None, BeforeValidator(lambda text: _positive(text) if text else None)]
"""None where the table holds nothing."""
Milliseconds = Annotated[float, BeforeValidator(lambda text: _positive(text, "ms"))]
"""Written with its unit, such as `0.19ms`."""


def read_table(path: Path, line: type[Line], header: Sequence[str] = ()) -> list[Line]:
    """Every line of a table, gzipped if its name ends in `.gz`; `header` names the columns of one without names.

    Raises InputError for a file that is unreadable, a column that is absent, a line with too few or too many values,
    and a value outside of what `line` declares.
    """
    records = _records(path)
    columns = list(header) if header else records[0][1] if records else []
    absent = _absent(columns, line)
    if absent:
        raise InputError(f"{path}: line 1: no column {', '.join(absent)}, found {', '.join(columns)}")
    return [_line(path, number, columns, fields, line) for number, fields in records[0 if header else 1 :]]


def missing_columns(path: Path, line: type[TableLine]) -> list[str]:
    """Declared columns that the first line of a table does not name."""
    header = _records(path)[:1]
    return _absent(header[0][1] if header else [], line)


def _absent(columns: Sequence[str], line: type[TableLine]) -> list[str]:
    declared = [field.alias or name for name, field in line.model_fields.items()]
    return [name for name in declared if name not in columns]


def _line(path: Path, number: int, columns: list[str], fields: list[str], line: type[Line]) -> Line:
    if len(fields) != len(columns):
        last = columns[min(len(fields), len(columns) - 1)]
        found = f"found {len(fields)}: {','.join(fields)!r}"
        raise InputError(f"{path}: line {number}: {last}: {len(columns)} values are needed, {found}")
    values: dict[str, Any] = dict(zip(columns, fields, strict=True))
    try:
        return line.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        message = fault["msg"].removeprefix("Value error, ")
        column = fault["loc"][0]
        raise InputError(f"{path}: line {number}: {column}: {message}, found {values[str(column)]!r}") from error


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and stripped fields of all lines that are not empty."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        reader = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
        return [(reader.line_num, [field.strip() for field in fields]) for fields in reader if fields]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {' '.join(str(error).split())}") from error
