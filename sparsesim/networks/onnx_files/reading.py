"""Reads ONNX files that nothing vouches for: how much they hold is known before it is read."""

from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.onnx_files.external_data import load_external_data
from sparsesim.networks.onnx_files.stored_tensors import check_stored_tensors, nodes_of

if TYPE_CHECKING:
    from onnx import ModelProto

MAX_NODES: Final = 200_000
"""Nodes of all graphs of a file, and of its functions at every place where they are called."""
_MAX_FILE_BYTES: Final = 2**31 - 1
_COPIES: Final = 2
"""The bytes of the file, and the message that is made from them."""
_PLAIN_DOMAINS: Final = ("", "ai.onnx")


def read_onnx(path: Path) -> "ModelProto":
    """The model in a file, with what it stores elsewhere.

    Raises InputError where onnx is not installed, for a damaged file, for more than memory or `MAX_NODES` allow, for
    tensors that hold another number of values than they say, and for values outside of the file's folder.
    """
    try:
        import onnx
    except ImportError as error:
        raise InputError("reading ONNX files needs the onnx package: pip install onnx") from error
    try:
        size_bytes = path.stat().st_size
        if size_bytes > _MAX_FILE_BYTES:
            raise InputError(f"{size_bytes} bytes: ONNX files end at 2 GB; save the weights as external data")
        check_memory("the ONNX file", _COPIES * size_bytes)
        model = onnx.load_model_from_string(path.read_bytes())
    except InputError:
        raise
    except Exception as error:  # protobuf, onnx and the file system each raise their own kind
        raise InputError(f"not a readable ONNX file: {' '.join(str(error).split())}") from error
    if not model.graph.node or not model.opset_import:
        raise InputError("not a readable ONNX file: it holds no graph")
    _check_number_of_nodes(model)
    load_external_data(model, path.parent)
    check_stored_tensors(model)
    return model


def _check_number_of_nodes(model: "ModelProto") -> None:
    """Calls of functions within functions multiply: a file of a kilobyte can stand for more nodes than memory has."""
    for function in model.functions:
        if function.domain in _PLAIN_DOMAINS:
            raise InputError(
                f"function {function.name!r}: domain: {function.domain!r}: only ONNX itself defines operators there"
            )
    counts = _function_sizes(model)
    total = sum(1 + counts.get((node.domain, node.op_type), 0) for node in nodes_of(model.graph))
    if total > MAX_NODES:
        raise InputError(f"graph: {total} nodes: at most {MAX_NODES} are read")


def _function_sizes(model: "ModelProto") -> dict[tuple[str, str], int]:
    """Nodes of each function together with those of all that it calls."""
    called = {
        (function.domain, function.name): [(node.domain, node.op_type) for node in nodes_of(function)]
        for function in model.functions
    }
    counts: dict[tuple[str, str], int] = {}
    try:
        order = list(TopologicalSorter(called).static_order())
    except CycleError as error:
        raise InputError(f"function {error.args[1][0][1]!r}: it calls itself") from error
    for key in order:
        counts[key] = sum(1 + counts.get(each, 0) for each in called.get(key, ()))
    return counts
