"""What the names in a file of arrays say: which are layers, their biases, look-up tables or other parameters."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory

NamedArrays = dict[str, NDArray[Any]]
"""The arrays of a file by the keys that they are stored under, in the order of the file."""

WEIGHT_ENDINGS = (
    *("/depthwise_kernel:0", "/depthwise_kernel", "/kernel:0", "/kernel", ".weight", "_weight", ".kernel", "_kernel"),
    *("_W", "_w", "_Conv2D", "_MatMul", "_BiasAdd_ReadVariableOp_resource"),
)
_BIAS_ENDINGS = (".bias", "_bias", "/bias:0", "/bias", "_b")
_PREFIXED = {"W_": "b_", "w_": "b_"}  # W_o and b_o
_FLOAT32_BYTES = 4
_MOST_PAIRS = 1_000_000
_NUMBER = re.compile(r"^\d{2,}_")  # files converted from TFLite number their arrays
_RECURRENT = re.compile(r"lstm|gru|rnn|recurrent|_(ih|hh)_l\d", re.IGNORECASE)
_TABLE = re.compile(
    r"embed(?!.*(proj|dense|conv|kernel|mapping|linear|mlp|fc|[./]\d+[./]))|(^|[./])w[tp]e([./]|$)", re.IGNORECASE
)


def layer_names(keys: list[str]) -> dict[str, str]:
    """Keys without a leading number and the ending that says "weight", where the rest is still unique."""
    names = {key: without_ending(_NUMBER.sub("", key), WEIGHT_ENDINGS) for key in keys}
    times = Counter(names.values())
    return {key: name if times[name] == 1 else key for key, name in names.items()}


def without_ending(key: str, endings: Iterable[str]) -> str:
    """The key without the first of these endings that it ends in."""
    for ending in endings:
        if key.endswith(ending) and key != ending:
            return key.removesuffix(ending)
    return key


def bias_keys(outputs: Mapping[str, int], arrays: Mapping[str, NDArray[Any]]) -> dict[str, str | None]:
    """For every weight, given with its number of outputs, the key of the bias [outputs] that belongs to it, or None.

    Raises InputError for so many numbered arrays that comparing each with each takes too long.
    """
    numbered = [key for key in outputs if _NUMBER.match(key)]
    vectors = [name for name, array in arrays.items() if numbered and array.ndim == 1 and _NUMBER.match(name)]
    if len(numbered) * len(vectors) > _MOST_PAIRS:
        raise InputError(
            f"{len(numbered)} numbered weights and {len(vectors)} numbered vectors: "
            f"at most {_MOST_PAIRS} pairs are compared"
        )
    return {key: _bias_key(key, size, arrays, vectors) for key, size in outputs.items()}


def _bias_key(key: str, outputs: int, arrays: Mapping[str, NDArray[Any]], vectors: Iterable[str]) -> str | None:
    stem = without_ending(key, WEIGHT_ENDINGS)
    candidates = [stem + ending for ending in _BIAS_ENDINGS]
    candidates += [new + key.removeprefix(old) for old, new in _PREFIXED.items() if key.startswith(old)]
    found = [name for name in candidates if name in arrays and arrays[name].shape == (outputs,)]
    return found[0] if found else _numbered_bias(key, [name for name in vectors if arrays[name].shape == (outputs,)])


def _numbered_bias(key: str, vectors: Iterable[str]) -> str | None:
    """TFLite names a bias after all operations fused with it; its layer is the last, or the one before `BiasAdd`."""
    if not _NUMBER.match(key):
        return None
    operation = _NUMBER.sub("", key)
    added = f"{without_ending(operation, WEIGHT_ENDINGS)}_BiasAdd"
    tests: tuple[Callable[[str], bool], ...] = (
        lambda name: name == operation,
        lambda name: name.endswith(f"_{operation}"),
        lambda name: added in name,
    )
    for fits in tests:
        for name in vectors:
            if fits(_NUMBER.sub("", name)):
                return name
    return None


def is_table(key: str) -> bool:
    """Whether the name is that of a look-up table (an embedding), which is read by index and multiplies nothing."""
    return bool(_TABLE.search(key))


def is_bias(key: str) -> bool:
    """Whether the name is that of a bias; recurrent cells may store theirs as a matrix of two rows."""
    return key.endswith(_BIAS_ENDINGS[:-1])


def is_recurrent(name: str) -> bool:
    """Whether the name is that of a recurrent cell, which multiplies once per time step."""
    return bool(_RECURRENT.search(name))


def is_depthwise(key: str) -> bool:
    """Whether the name says that each channel has filters of its own."""
    return "depthwise" in key.lower()


def group_name(key: str) -> str:
    """What arrays of one kind have in common: the last two parts of their names without numbers."""
    parts = re.split(r"[./:]", _NUMBER.sub("", key))
    words = [word for word in (part.strip("0123456789") for part in parts) if word]
    return ".".join(words[-2:]) or key


def other_parameters(arrays: NamedArrays, held: Iterable[str]) -> dict[str, int]:
    """How many floating point values no layer holds, by `group_name`.

    Memory that is shared with a layer belongs to the layer; integers are shapes, labels or counters, not parameters.
    """
    keys = set(held)
    memory = {_memory(arrays[key]) for key in keys}
    counts: dict[str, int] = {}
    for key, array in arrays.items():
        is_parameter = array.size and np.issubdtype(array.dtype, np.floating)
        if is_parameter and key not in keys and _memory(array) not in memory:
            counts[group_name(key)] = counts.get(group_name(key), 0) + array.size
    return counts


def _memory(array: NDArray[Any]) -> tuple[int, int]:
    return array.__array_interface__["data"][0], array.size


def dequantized(arrays: NamedArrays) -> NamedArrays:
    """8-bit weights times their scale, which is left out (`<name>_scale`, `<name>.scale`, `<number>_scale`)."""
    scales = {key: scale for key, array in arrays.items() if (scale := _scale_key(key, array, arrays))}
    check_memory("widening its 8-bit weights", sum(_FLOAT32_BYTES * arrays[key].size for key in scales))
    product = {key: _times(array, arrays[scales[key]]) if key in scales else array for key, array in arrays.items()}
    return {key: array for key, array in product.items() if key not in scales.values()}


def _scale_key(key: str, array: NDArray[Any], arrays: NamedArrays) -> str | None:
    number = _NUMBER.match(key)
    if array.dtype != np.int8 or array.ndim < 2 or not array.size:
        return None
    for name in (f"{key}_scale", f"{key}.scale", f"{number.group()}scale" if number else key):
        scale = arrays.get(name)
        if scale is not None and np.issubdtype(scale.dtype, np.floating) and scale.size in (1, len(array)):
            return name
    return None


def _times(array: NDArray[Any], scale: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        factors = scale.astype(np.float32).reshape(-1, *[1] * (array.ndim - 1))
        product: NDArray[Any] = array.astype(np.float32) * factors
    product.flags.writeable = False
    return product
