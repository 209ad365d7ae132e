"""Reads ONNX files that nothing vouches for: how much they hold is known before it is read."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory, checked_size
from sparsesim.networks.onnx_files.external_data import load_external_data
from sparsesim.networks.onnx_files.functions import function_sizes
from sparsesim.networks.onnx_files.parsed_size import parsed_bytes
from sparsesim.networks.onnx_files.stored_tensors import check_stored_tensors, nodes_of

if TYPE_CHECKING:
    from onnx import ModelProto

MAX_NODES: Final = 200_000
"""Nodes of all graphs of a file, and of its functions at every place where they are called."""
_MAX_FILE_BYTES: Final = 2**31 - 1
_COPIES: Final = 2
"""The bytes of the file, and the message that is made from them."""
_PLAIN_DOMAINS: Final = ("", "ai.onnx")
_LARGEST_VERSION: Final = 2**31 - 1


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
        content = path.read_bytes()
        check_memory("the parsed ONNX file", size_bytes + parsed_bytes(content))
        model = onnx.load_model_from_string(content)
    except InputError:
        raise
    except Exception as error:  # protobuf, onnx and the file system each raise their own kind
        raise InputError(f"not a readable ONNX file: {' '.join(str(error).split())}") from error
    if not model.graph.node or not model.opset_import:
        raise InputError("not a readable ONNX file: it holds no graph")
    del content
    _check_opsets(model)
    _check_number_of_nodes(model)
    load_external_data(model, path.parent)
    check_stored_tensors(model)
    return model


def _check_opsets(model: "ModelProto") -> None:
    """What operators of a version do is known up to that of the installed onnx."""
    from onnx import defs

    seen = set()
    for opset in model.opset_import:
        domain = opset.domain or _PLAIN_DOMAINS[1]
        newest = defs.onnx_opset_version() if domain in _PLAIN_DOMAINS else _LARGEST_VERSION
        if not 1 <= opset.version <= newest:
            raise InputError(
                f"opset_import: {domain} {opset.version}: the installed onnx knows the versions 1 to {newest}"
            )
        if domain in seen:
            raise InputError(f"opset_import: {domain} {opset.version}: this domain has a version already")
        seen.add(domain)


def _check_number_of_nodes(model: "ModelProto") -> None:
    """Calls of functions within functions multiply: a file of a kilobyte can stand for more nodes than memory has."""
    counts = function_sizes(model)
    total = sum(1 + counts.get((node.domain, node.op_type), 0) for node in nodes_of(model.graph))
    if total > MAX_NODES:
        raise InputError(f"graph: {checked_size('graph: nodes', total)} nodes: at most {MAX_NODES} are read")
