"""Tables with one row per result, in which integers stay integers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparsesim.results.columns import WHOLE_FAMILIES
from sparsesim.results.record import Result

if TYPE_CHECKING:
    import pandas as pd


def result_table(results: Iterable[Result]) -> "pd.DataFrame":
    """One row per result, with the columns of `Result.flat`."""
    return table_of([result.flat() for result in results])


def table_of(records: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """One row per flat record; a column that some records lack is Int64 with gaps if it holds integers."""
    import pandas as pd

    table = pd.DataFrame(records)
    for column in whole_columns(table.columns):
        # Left to itself pandas makes floats of integers with gaps, and rounds counts beyond 2**53.
        if not pd.api.types.is_integer_dtype(table[column]):
            table[column] = pd.array([record.get(column, pd.NA) for record in records], dtype="Int64")
    if "idle_w" in table:
        # None in every row would make a column of objects, which is not what a file gives back.
        table["idle_w"] = table["idle_w"].astype("float64")
    return table


def whole_columns(columns: Iterable[str]) -> list[str]:
    """Those columns that hold bytes or counts."""
    return [column for column in columns if any(family.key(column) is not None for family in WHOLE_FAMILIES)]
