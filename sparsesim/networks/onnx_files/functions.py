"""Functions that an ONNX file defines for itself: how much they stand for, and whether they multiply."""

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Final

from sparsesim.errors import InputError
from sparsesim.networks.onnx_files.operators import is_not_counted, operator
from sparsesim.networks.onnx_files.stored_tensors import nodes_of

if TYPE_CHECKING:
    from onnx import ModelProto

Key = tuple[str, str]
"""Domain and name."""
_PLAIN_DOMAINS: Final = ("", "ai.onnx")


def function_sizes(model: "ModelProto") -> dict[Key, int]:
    """Nodes of each function together with those of all that it calls, once for each call.

    Raises InputError for functions that call themselves, or stand for operators of ONNX itself.
    """
    called: dict[Key, list[Key]] = defaultdict(list)
    for function in model.functions:
        if function.domain in _PLAIN_DOMAINS:
            raise InputError(
                f"function {function.name!r}: domain: {function.domain!r}: only ONNX itself defines operators there"
            )
        called[function.domain, function.name] += [(node.domain, node.op_type) for node in nodes_of(function)]
    counts: dict[Key, int] = {}
    try:
        for key in TopologicalSorter(called).static_order():
            if key in called:
                counts[key] = sum(1 + counts.get(each, 0) for each in called[key])
    except CycleError as error:
        raise InputError(f"function {error.args[1][0][1]!r}: it calls itself") from error
    return counts


def multiplying_functions(model: "ModelProto") -> set[Key]:
    """Functions that hold layers, or call others that do: what they hold is not read."""
    callers: dict[Key, list[Key]] = defaultdict(list)
    waiting = []
    for function in model.functions:
        key = (function.domain, function.name)
        for node in nodes_of(function):
            callers[node.domain, node.op_type].append(key)
            if operator(node) is not None or is_not_counted(node):
                waiting.append(key)
    found: set[Key] = set()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += callers[key]
    return found
