"""How files of arrays lay out weights: order of axes, depthwise kernels, stacks of matrices."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.names import NamedArrays, is_bias, is_depthwise, is_table
from sparsesim.networks.bounds import MOST_LAYERS

Layout = Literal["out_in", "in_out", "ohwi"]
_HEADS = ("lm_head", "output", "classifier", "wcls")


class StoredArray(NamedTuple):
    """One layer's weight (out, in[, kh, kw]), the key it is stored under, and its groups if the layout shows them."""

    key: str
    weight: NDArray[Any]
    groups: int = 1


def check_layout(layout: str) -> None:
    """Raise InputError for anything that is not a `Layout`."""
    if layout not in get_args(Layout):
        raise InputError(f"layout must be one of {', '.join(get_args(Layout))}, found {layout!r}")


def is_weight(array: NDArray[Any], ranks: tuple[int, ...] = (2, 4)) -> bool:
    """Whether an array can be the weight of a layer: floating point, of one of these ranks, not empty."""
    return array.ndim in ranks and np.issubdtype(array.dtype, np.floating) and array.size > 0


def stored_arrays(arrays: NamedArrays, layout: Layout, stacked: bool) -> dict[str, StoredArray]:
    """The weights in a file by key, in the file's order, without look-up tables.

    With `stacked`, 3-D arrays are stacks (layer, out, in): matrix i of all of them, then matrix i + 1, under
    keys `<key>.<i>`. A 2-D array with one row per layer is then a stack of vectors and not a weight. Unless the file
    holds an output layer, an embedding serves as one, `<key>.output`: the two are tied.
    """
    stacks = {key: array for key, array in arrays.items() if stacked and is_weight(array, (3,))}
    if stacked and not stacks:
        raise InputError("stacked is given, but the file holds no 3-D array of floating point weights")
    depths = {len(array) for array in stacks.values()}
    if len(depths) > 1:
        raise InputError(f"stacked: the 3-D arrays hold {sorted(depths)} matrices, not equally many")
    if len(stacks) * max(depths, default=0) > MOST_LAYERS:
        raise InputError(
            f"stacked: {len(stacks)} stacks of {max(depths)} matrices: at most {MOST_LAYERS} layers are read"
        )
    found = list(_matrices_of(stacks, layout)) if stacks else []
    for key, array in arrays.items():
        is_other = array.ndim == 2 and (is_table(key) or is_bias(key) or len(array) in depths)
        if is_weight(array) and not is_other:
            found.append((key, _turned(key, array, layout)))
    tied = _tied_table(arrays) if stacks else None
    if tied is not None:
        found.append((f"{tied}.output", StoredArray(tied, arrays[tied])))
    return dict(found)


def _matrices_of(stacks: NamedArrays, layout: Layout) -> Iterator[tuple[str, StoredArray]]:
    for i in range(len(next(iter(stacks.values())))):
        for key, stack in stacks.items():
            yield f"{key}.{i}", StoredArray(key, stack[i].T if layout == "in_out" else stack[i])


def _tied_table(arrays: NamedArrays) -> str | None:
    if any(head in key for key in arrays for head in _HEADS):
        return None
    return next((key for key, array in arrays.items() if is_table(key) and is_weight(array, (2,))), None)


def _turned(key: str, array: NDArray[Any], layout: Layout) -> StoredArray:
    return _LAYOUTS[layout](key, array)


def _out_in(key: str, array: NDArray[Any]) -> StoredArray:
    return StoredArray(key, array)


def _in_out(key: str, array: NDArray[Any]) -> StoredArray:
    """(in, out) and (kh, kw, in, out); a depthwise kernel is (kh, kw, channels, filters per channel)."""
    if array.ndim == 2:
        return StoredArray(key, array.T)
    if is_depthwise(key):
        kh, kw, channels, filters = array.shape
        turned = array.transpose(2, 3, 0, 1).reshape(channels * filters, 1, kh, kw)
        return StoredArray(key, _frozen(turned), channels)
    return StoredArray(key, array.transpose(3, 2, 0, 1))


def _ohwi(key: str, array: NDArray[Any]) -> StoredArray:
    """(out, in) and (out, kh, kw, in); a depthwise kernel is (1, kh, kw, channels)."""
    if array.ndim == 2:
        return StoredArray(key, array)
    if array.shape[0] == 1 and is_depthwise(key):
        return StoredArray(key, array.transpose(3, 0, 1, 2), array.shape[3])
    return StoredArray(key, array.transpose(0, 3, 1, 2))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


_LAYOUTS: dict[Layout, Callable[[str, NDArray[Any]], StoredArray]] = {
    "out_in": _out_in,
    "in_out": _in_out,
    "ohwi": _ohwi,
}
