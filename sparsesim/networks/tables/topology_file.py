"""Layer tables of SCALE-Sim (`.csv`): convolutions or matrix products by their sizes, without weights."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sparsesim.errors import InputError
from sparsesim.networks.arrays.bounds import checked_name
from sparsesim.networks.bounds import MAX_SIZE, MOST_LAYERS
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.weights import SyntheticWeights
from sparsesim.places import one_line, shown, within

Fields = dict[str, Any]
_MOST_BYTES = 100_000_000
_MOST_DIGITS = 20  # of a size, zeros in front of it among them
_SPARSITY = "sparsity"
_RATIO = re.compile(r"^([0-9]{1,6}):([0-9]{1,6})$")  # sparsity of the weights, N of M
_SUFFIX_OF_BATCH = "batch"
_HEADERS = (
    "a header of SCALE-Sim is needed: 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, "
    "Channels, Num Filter, Strides' or 'Layer, M, N, K'"
)


class _Row(NamedTuple):
    line: int
    name: str
    cells: list[str]


def network_from_topology(path: Path, *, seed: int = 0) -> Network:
    """The rows of a SCALE-Sim topology as layers with drawn weights.

    Convolutions: the sizes of the input map include its padding, so padding is 0; a 1 x 1 filter on a 1 x 1
    map is a linear layer. Products: M x K activations times K x N weights, that is N outputs at M positions.
    A column `N:M` (as 2:4) becomes the published density of the weights; a batch size is ignored, because counts
    are per sample. Further rows of the same name get `#2` and so on.
    Raises InputError, naming the line, for anything that is not such a table.
    """
    header, rows = _table(path)
    read = _reader(header)
    weights = SyntheticWeights(seed)
    used: Counter[str] = Counter()
    layers = []
    for row in rows:
        used[row.name] += 1
        name = row.name if used[row.name] == 1 else f"{row.name}#{used[row.name]}"
        layers.append(_layer(name, row, read, header, weights))
    if not layers:
        raise InputError("the table has no rows")
    return Network(
        name=path.stem,
        layers=tuple(layers),
        weights_origin="synthetic",
        source=str(path),
        notes="; ".join(_notes(header)),
        path=path,
    )


def _table(path: Path) -> tuple[list[str], list[_Row]]:
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"the table has {path.stat().st_size} bytes: at most {_MOST_BYTES}")
    filled: list[_Row] = []
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            for number, line in enumerate(csv.reader(file, skipinitialspace=True, strict=True), 1):
                if number > MOST_LAYERS:
                    raise InputError(f"line {number}: the table has more than {MOST_LAYERS} lines")
                cells = [cell.strip() for cell in line]
                if any(cells):
                    filled.append(_Row(number, cells[0], cells[1:]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"not a readable .csv file: line {number + 1}: {one_line(error)}") from error
    if not filled:
        raise InputError(f"the file is empty: {_HEADERS}")
    return [cell.lower() for cell in filled[0].cells], filled[1:]


def _reader(header: list[str]) -> Callable[[list[int]], Fields]:
    if header[:3] == ["m", "n", "k"]:
        return _product
    if len(header) >= 7 and header[0].startswith("ifmap") and header[2].startswith("filter"):
        return _convolution
    raise InputError(_HEADERS)


def _layer(
    name: str, row: _Row, read: Callable[[list[int]], Fields], header: list[str], weights: SyntheticWeights
) -> Layer:
    needed = 3 if read is _product else 7 + _stride_columns(header) - 1
    with within(f"line {row.line}"):
        if not name:
            raise InputError("the layer has no name")
        checked_name(name)
        if len(row.cells) < needed:
            raise InputError(f"{needed} sizes are needed behind the name, found {shown(row.cells)}")
        with within(repr(row.name)):
            _check_rest(row, header, needed)
            fields = read([_size(*each) for each in zip(header[:needed], row.cells, strict=False)])
            density = _density(row, header)
        return Layer(name=name, source=weights, weight_density=density, **fields)


def _size(column: str, cell: str) -> int:
    if len(cell) > _MOST_DIGITS or not cell.isascii() or not cell.isdigit() or not 0 < int(cell) <= MAX_SIZE:
        raise InputError(f"{column}: {shown(cell)} is not a positive size, at most {MAX_SIZE}")
    return int(cell)


def _check_rest(row: _Row, header: list[str], needed: int) -> None:
    """Cells behind the sizes belong to a column that the header names, or are empty."""
    for cell in row.cells[max(needed, len(header)) :]:
        if cell:
            raise InputError(f"{shown(cell)} stands in a column without a header")


def _stride_columns(header: list[str]) -> int:
    return 2 if sum("stride" in cell for cell in header) == 2 else 1


def _product(sizes: list[int]) -> Fields:
    positions, outputs, inputs = sizes
    return {"kind": "linear", "weight_shape": (outputs, inputs), "positions": positions}


def _convolution(sizes: list[int]) -> Fields:
    height, width, kh, kw, channels, filters, *stride = sizes
    if (height, width, kh, kw) == (1, 1, 1, 1):
        return {"kind": "linear", "weight_shape": (filters, channels)}
    return {
        "kind": "conv2d",
        "weight_shape": (filters, channels, kh, kw),
        "input_size": (height, width),
        "stride": (stride[0], stride[-1]),
    }


def _density(row: _Row, header: list[str]) -> float | None:
    """The share of weights that a cell N:M keeps; a column for it holds nothing else."""
    for i, cell in enumerate(row.cells):
        match, column = _RATIO.match(cell), header[i] if i < len(header) else ""
        if match is None and cell and _SPARSITY in column:
            raise InputError(f"{column}: {shown(cell)} is not a sparsity N:M")
        if match is not None:
            kept, group = int(match[1]), int(match[2])
            if not 0 < kept <= group:
                raise InputError(f"{match[0]} is not a sparsity N:M with N up to M")
            return kept / group
    return None


def _notes(header: list[str]) -> Iterator[str]:
    yield "sizes from a SCALE-Sim topology: no biases, weights are drawn"
    if header[:3] == ["m", "n", "k"]:
        yield "the K x N operand of every product is taken for weights"
    if any(_SUFFIX_OF_BATCH in cell for cell in header):
        yield "the batch size is not used: counts are per sample"
