"""`load_results`: the table of a run, whatever kind of file it is in."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sparsesim.errors import InputError
from sparsesim.results import read_results, result_table
from sparsesim.store.comparing import compared
from sparsesim.store.conditions import condition
from sparsesim.store.writer import opened

if TYPE_CHECKING:
    import pandas as pd

FILES = (".csv", ".parquet", ".jsonl")
"""What `read_results` reads; all else is a store."""


def load_results(
    path: str | Path,
    *,
    layers: bool = False,
    columns: Iterable[str] | None = None,
    where: str | Sequence[str] = (),
    everything: bool = False,
) -> "pd.DataFrame":
    """The points of a store as a table, in the order of the sweep, finished so far; or a table from a file.

    Args:
        path: a store that `sparsesim run --store` wrote, or a `.csv`, `.parquet` or `.jsonl` as `read_results` takes
            it, which is read as it is.
        layers: a row per layer, with the columns of `Result.flat`, in place of one per point beside its baseline.
        columns: only these, by name or shell pattern such as "count_*", and without comparison. By default all but
            counts of actions.
        where: conditions such as "sparsity>=0.9", "machine=a100*" or "status=failed", all of which rows meet.
        everything: with points that the sweep does not ask for any more.

    `sparsesim list columns` says what columns mean. Raises InputError for a file that is missing, damaged, or not a
    store or table, for an unknown column, and for options that a table in a file does not have.

    >>> import sparsesim as ss
    >>> try:
    ...     ss.load_results("nowhere.db")
    ... except ss.SparsesimError as error:
    ...     print(error)
    nowhere.db: no such file
    """
    conditions = [condition(text) for text in ([where] if isinstance(where, str) else where)]
    if Path(path).suffix in FILES:
        if layers or conditions or everything or columns is not None:
            raise InputError(f"{path}: a table is read as it is; layers, columns, where and everything are for stores")
        return read_results(path)
    with opened(path) as store:
        if layers:
            return result_table(store.results(where=conditions))
        if columns is not None:
            return store.table(columns, conditions, everything=everything)
        return compared(store, conditions, everything=everything).table
