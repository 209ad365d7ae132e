"""What was read from a changed file: whether it can be."""

import json
from typing import Any

import numpy as np
import onnx

from sparsesim.errors import SparsesimError
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import Simulator
from sparsesim.tensors import DenseMatrix, SparseMatrix
from tests.fuzz import oracles
from tests.fuzz.elsewhere import READ_ELSEWHERE
from tests.fuzz.file import File

A = SparseMatrix.from_dense(np.diag([1.0] * 4 + [0.0] * 4))


def judge_machine(machine: Any, file: File) -> None:
    """Whatever numbers a machine may have, what it says of a small product can be true."""
    for form, columns in (("dense", 3), ("csr", 1), ("nm-2:4", 3)):
        op = matmul_op(A, DenseMatrix((8, columns)), form, machine.default_dtype)
        try:
            result = Simulator(machine).result(op)
        except SparsesimError as error:
            oracles.one_line(error)
        else:
            oracles.figures(result, op, machine)


def judge_prices(table: Any, file: File) -> None:
    """Prices are finite and not negative, and so is what they make of a product."""
    op = matmul_op(A, DenseMatrix((8, 3)), "csr", "fp32")
    try:
        result = Simulator(load_machine("core-i7-5930k"), table).result(op)
    except SparsesimError as error:
        oracles.one_line(error)
    else:
        oracles.figures(result, op, load_machine("core-i7-5930k"))


def judge_network(network: Any, file: File) -> None:
    """Layers have sizes that can be counted, and rows for a table."""
    oracles.expect(0 <= network.macs <= oracles.MAX_INT64, f"{network.macs} MACs")
    oracles.expect(0 <= network.n_params <= oracles.MAX_INT64, f"{network.n_params} parameters")
    for row in network.table():
        oracles.plausible({key: value for key, value in row.items() if not isinstance(value, str)}, "bytes")
    for layer in network.layers:
        if isinstance(layer.source, np.ndarray):
            oracles.expect(np.isfinite(layer.weight()).all(), f"{layer.name} has weights that are no numbers")


def judge_graph(network: Any, file: File) -> None:
    """ONNX itself finds no contradiction, and its shapes have as many multiplications."""
    judge_network(network, file)
    model = onnx.load_from_string(file.content)
    try:
        onnx.checker.check_model(model)
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise AssertionError(f"read, although ONNX says: {error}") from error
    wanted = convolution_macs(inferred)
    if wanted is not None:
        oracles.expect(network.macs == wanted, f"{network.macs} MACs, by the shapes of ONNX {wanted}")


def convolution_macs(model: onnx.ModelProto) -> int | None:
    """MACs of a graph of one Conv, Gemm or MatMul by its inferred shapes; None for any other."""
    (node, *others), graph = model.graph.node, model.graph
    if others or node.op_type not in ("Conv", "Gemm", "MatMul") or list(node.input[:2]) != ["x", "w"]:
        return None
    known = (*graph.input, *graph.value_info, *graph.output)
    sizes = {info.name: [size.dim_value for size in info.type.tensor_type.shape.dim] for info in known}
    weight = list(graph.initializer[0].dims)
    per_output = {
        "Conv": weight[1:],
        "Gemm": [int(np.prod(weight)) // max(sizes["y"][-1], 1)],
        "MatMul": weight[-2:-1],
    }[node.op_type]
    return int(np.prod([*sizes["y"][1:], *per_output], dtype=object))


def judge_matrix(matrix: SparseMatrix, file: File) -> None:
    """What NumPy or SciPy reads from the same bytes, number by number."""
    oracles.expect(matrix.nnz <= matrix.shape[0] * matrix.shape[1], f"{matrix.nnz} non-zeros in {matrix.shape}")
    if matrix.shape[0] * matrix.shape[1] > MOST_CELLS:
        return
    try:
        wanted = READ_ELSEWHERE[file.name.removesuffix(".gz").rpartition(".")[2]](file)
    except Exception as error:  # every library has errors of its own
        raise AssertionError(f"read, but elsewhere not: {error}") from error
    if wanted is not None:
        found = oracles.dense(matrix)
        oracles.expect(found.shape == wanted.shape, f"{found.shape}, elsewhere {wanted.shape}")
        oracles.expect(np.array_equal(found, wanted), f"{found.tolist()}, elsewhere {wanted.tolist()}")


MOST_CELLS = 10**6
"""Of a matrix that is compared cell by cell."""


def judge_tensors(network: Any, file: File) -> None:
    """The reference reader of safetensors takes the file, too: ranges neither overlap nor leave holes."""
    from safetensors import SafetensorError, deserialize

    judge_network(network, file)
    try:
        deserialize(file.content)
    except SafetensorError as error:
        raise AssertionError(f"read, although safetensors says: {error}") from error


def judge_sweep(sweep: Any, file: File) -> None:
    """What stands in it twice is said once, and numbers lie where they may."""
    oracles.expect(0 < sweep.batch <= oracles.MAX_INT64, f"batch {sweep.batch}")
    oracles.plausible(json.loads(sweep.model_dump_json()), "sweep")
    no_key_twice(file)


def judge_yaml(found: Any, file: File) -> None:
    no_key_twice(file)


def no_key_twice(file: File) -> None:
    """AssertionError for a YAML text with one key twice in a mapping."""
    import yaml

    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: Any, node: Any) -> Any:
        keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        oracles.expect(not twice, f"{twice} stands there twice")
        return yaml.SafeLoader.construct_mapping(loader, node, deep=True)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    yaml.load(file.content, Loader=Strict)


def judge_log(table: Any, file: File) -> None:
    """No more rows than lines."""
    oracles.expect(len(table) <= file.content.count(b"\n"), f"{len(table)} rows")
