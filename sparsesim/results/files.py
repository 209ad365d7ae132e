"""Tables in files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.atomic import replacing
from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.results.columns import WORDS
from sparsesim.results.log_lines import records_of
from sparsesim.results.tables import table_of, whole_columns

if TYPE_CHECKING:
    import pandas as pd

_NEEDS_PARQUET: Final = "Parquet needs pip install 'sparsesim[parquet]'"
_BYTES_PER_BYTE_OF_CSV: Final = 8
"""Memory that a table takes while it is read, over the length of its file."""


def write_table(table: "pd.DataFrame", path: Path) -> None:
    """Write `.csv` or `.parquet` (which needs the parquet extra), whole or not at all.

    Raises InputError for any other suffix, OSError that names the file where it cannot be written.
    """
    if path.suffix not in _WRITERS:
        raise InputError(f"{path}: unknown suffix {path.suffix!r}; use .csv or .parquet")
    with replacing(path) as new:
        try:
            _WRITERS[path.suffix](table, new)
        except ImportError as error:
            raise InputError(f"{path}: {_NEEDS_PARQUET}") from error


def read_results(path: str | Path) -> "pd.DataFrame":
    """The table of a finished or interrupted run: `.csv`, `.parquet`, or the `.jsonl` written as it went.

    Columns are those that were written: of layers the fields of `Result` with their units, nested ones as
    `Result.flat` names them; of points those of `compare`. A last line that an interruption cut off is left out with a
    warning. Raises InputError for a missing file, another suffix, a line of a `.jsonl` that is not JSON, and any other
    file that is damaged or takes more memory than one input may.

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
    try:
        table = _READERS[path.suffix](path)
    except ImportError as error:
        raise InputError(f"{path}: {_NEEDS_PARQUET}") from error
    except InputError:
        raise
    except (ValueError, TypeError, OverflowError) as error:  # of pandas and Arrow
        raise InputError(f"{path}: not a table: {' '.join(str(error).split())}") from error
    return table.fillna(dict.fromkeys(WORDS, ""))


def _csv(path: Path) -> "pd.DataFrame":
    import pandas as pd

    check_memory(str(path), _BYTES_PER_BYTE_OF_CSV * path.stat().st_size)
    columns = pd.read_csv(path, nrows=0).columns
    content = path.read_bytes().rstrip()
    _check_cells(path, max(content.count(end) for end in (b"\n", b"\r")), len(columns))
    whole = whole_columns(columns)
    types = dict.fromkeys(whole, "Int64") | dict.fromkeys(WORDS, "str")
    # Only an empty cell is a missing value: a network may be called "null" or "NA".
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    return table.astype({column: "int64" for column in whole if not table[column].isna().any()})


def _parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd
    from pyarrow.parquet import read_metadata

    about = read_metadata(path)
    unpacked = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    check_memory(str(path), unpacked)
    _check_cells(path, about.num_rows, about.num_columns)
    return pd.read_parquet(path)


def _jsonl(path: Path) -> "pd.DataFrame":
    records = records_of(path)
    _check_cells(path, len(records), len(set().union(*records)))
    return table_of(records)


def _check_cells(path: Path, rows: int, columns: int) -> None:
    """Refuse a table that is too large: values that are missing or equal take nothing in a file, but 8 bytes here."""
    check_memory(f"{path}: a table of {rows} x {columns}", 8 * rows * columns)


_READERS: Final[Mapping[str, "Callable[[Path], pd.DataFrame]"]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
}
_WRITERS: Final[Mapping[str, "Callable[[pd.DataFrame, Path], None]"]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
}
