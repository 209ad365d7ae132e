"""Tables in files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.errors import InputError
from sparsesim.results.columns import WORDS
from sparsesim.results.tables import table_of, whole_columns

if TYPE_CHECKING:
    import pandas as pd


def write_table(table: "pd.DataFrame", path: Path) -> None:
    """Write `.csv` or `.parquet` (which needs the parquet extra); InputError for any other suffix."""
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        try:
            table.to_parquet(path, index=False)
        except ImportError as error:
            raise InputError(f"{path}: Parquet needs pip install 'sparsesim[parquet]'") from error
    else:
        raise InputError(f"{path}: unknown suffix {path.suffix!r}; use .csv or .parquet")


def read_results(path: str | Path) -> "pd.DataFrame":
    """The table of a finished or interrupted run: `.csv`, `.parquet`, or the `.jsonl` written as it went.

    Columns are those that were written: of layers the fields of `Result` with their units, nested ones as
    `Result.flat` names them; of points those of `compare`. A last line that an interruption cut off is left out. Raises
    InputError for a missing file, another suffix, or a line of a `.jsonl` that is not JSON.

    >>> import sparsesim as ss, tempfile, os
    >>> table = ss.compare("digits-cnn", "a100-pcie")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "points.csv")
    ...     table.to_csv(path, index=False)
    ...     ss.read_results(path)["seconds"].tolist() == table["seconds"].tolist()
    True
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix not in _READERS:
        raise InputError(f"{path}: unknown suffix {path.suffix!r}; use {', '.join(_READERS)}")
    return _READERS[path.suffix](path).fillna(dict.fromkeys(WORDS, ""))


def _csv(path: Path) -> "pd.DataFrame":
    import pandas as pd

    whole = whole_columns(pd.read_csv(path, nrows=0).columns)
    types = dict.fromkeys(whole, "Int64") | dict.fromkeys(WORDS, "str")
    # Only an empty cell is a missing value: a network may be called "null" or "NA".
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    return table.astype({column: "int64" for column in whole if not table[column].isna().any()})


def _parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_parquet(path)


def _jsonl(path: Path) -> "pd.DataFrame":
    records = []
    *lines, _ = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise InputError(f"{path}: line {number} is not JSON: {error}") from error
    return table_of(records)


_READERS: Final[Mapping[str, "Callable[[Path], pd.DataFrame]"]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
}
