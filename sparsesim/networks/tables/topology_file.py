"""Layer tables of SCALE-Sim (`.csv`): convolutions or matrix products by their sizes, without weights."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sparsesim.errors import InputError
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.weights import SyntheticWeights

Fields = dict[str, Any]
_LONGEST = 100_000  # rows
_RATIO = re.compile(r"^(\d+):(\d+)$")  # sparsity of the weights, N of M
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
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = list(csv.reader(text.splitlines(), skipinitialspace=True, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"not a readable .csv file: {error}") from error
    if len(lines) > _LONGEST:
        raise InputError(f"the table has {len(lines)} lines, more than {_LONGEST}")
    cells = [[cell.strip() for cell in line] for line in lines]
    filled = [_Row(i, line[0], line[1:]) for i, line in enumerate(cells, 1) if any(line)]
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
    if not name:
        raise InputError(f"line {row.line}: the layer has no name")
    needed = 3 if read is _product else 7 + _stride_columns(header) - 1
    try:
        fields = read([_positive(cell, row) for cell in row.cells[:needed]])
        density = _density(row)
        return Layer(name=name, source=weights, weight_density=density, **fields)
    except InputError as error:
        raise InputError(f"line {row.line}: {error}") from error
    except (ValueError, IndexError) as error:
        raise InputError(f"line {row.line}: {needed} sizes are needed behind the name, found {row.cells}") from error


def _positive(cell: str, row: _Row) -> int:
    if not cell.isascii() or not cell.isdigit() or not 0 < int(cell[:20]) < 2**31:
        raise InputError(f"{row.name!r}: {cell!r} is not a positive size")
    return int(cell)


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


def _density(row: _Row) -> float | None:
    for match in filter(None, map(_RATIO.match, row.cells)):
        kept, group = int(match[1]), int(match[2])
        if not 0 < kept <= group:
            raise InputError(f"{row.name!r}: {match[0]} is not a sparsity N:M with N up to M")
        return kept / group
    return None


def _notes(header: list[str]) -> Iterator[str]:
    yield "sizes from a SCALE-Sim topology: no biases, weights are drawn"
    if header[:3] == ["m", "n", "k"]:
        yield "the K x N operand of every product is taken for weights"
    if any(_SUFFIX_OF_BATCH in cell for cell in header):
        yield "the batch size is not used: counts are per sample"
