"""Every kind of file that is read, with its parts changed: read right, or refused in a line that names the file."""

import gzip
import io
import itertools
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
import scipy.sparse
from hypothesis import strategies as st

from sparsesim.errors import SparsesimError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.networks import load_network
from sparsesim.results import read_results
from sparsesim.simulation import Simulator
from sparsesim.studies import load_sweep
from sparsesim.studies.plan import load_plan
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from tests.fuzz import oracles
from tests.fuzz.hunting import Outcome, emptied
from tests.fuzz.strategies import descriptions
from tests.fuzz.strategies.array_files import hdf5_files, npz_networks, repacked, safetensors, torch_files
from tests.fuzz.strategies.damage import damaged
from tests.fuzz.strategies.descriptions import shipped, tree
from tests.fuzz.strategies.matrix_files import (
    archive,
    bombs,
    matrix_markets,
    npy_arrays,
    npz_matrices,
    smtx_texts,
)
from tests.fuzz.strategies.onnx_files import onnx_models
from tests.fuzz.strategies.trees import json_texts, yaml_texts

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:Detected pickle protocol")]

CASES = 20_000


class File(NamedTuple):
    """A name and the bytes of a file, and whether nothing was changed in it."""

    name: str
    content: bytes
    whole: bool = False


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        cases: how many of the long profile.
        files: draws one.
        read: reads it.
        judge: looks at what was read; AssertionError for what cannot be.
    """

    cases: int
    files: Callable[[], st.SearchStrategy[File]]
    read: Callable[[Path], Any]
    judge: Callable[[Any, File], None]


def check_file(kind: Kind, folder: Path, file: File) -> Outcome:
    """Refused in lines that name the file, or read and judged."""
    path = emptied(folder) / file.name
    path.write_bytes(file.content)
    try:
        found = kind.read(path)
    except SparsesimError as error:
        oracles.expect(not file.whole, f"a good file is refused: {error}")
        oracles.one_line(error, str(path))
        return "refused"
    kind.judge(found, file)
    return "simulated"


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


def _unpacked(file: File) -> bytes:
    return gzip.decompress(file.content) if file.name.endswith(".gz") else file.content


def market_elsewhere(file: File) -> np.ndarray | None:
    """A MatrixMarket text read line by line, as the format is described; AssertionError for one that breaks it."""
    lines = _unpacked(file).decode("latin-1").splitlines()
    _, _, layout, field, symmetry = lines[0].lower().split()
    rest = [line for line in lines[1:] if line.strip() and not line.lstrip().startswith("%")]
    sizes = [int(word) for word in rest[0].split()]
    wanted = np.zeros(sizes[:2])
    if layout == "array":
        return None
    oracles.expect(len(rest) - 1 == sizes[2], f"{sizes[2]} entries promised, {len(rest) - 1} there")
    for line in rest[1:]:
        row, column, *values = line.split()
        oracles.expect(len(values) == (field != "pattern"), f"{line!r} in a {field} file")
        value = float(values[0]) if values else 1.0
        oracles.expect(field != "integer" or value == int(value), f"{line!r} in an integer file")
        oracles.expect(symmetry == "general" or int(row) >= int(column), f"{line!r} in a {symmetry} file")
        oracles.expect(symmetry != "skew-symmetric" or row != column, f"{line!r} in a {symmetry} file")
        places = [(int(row), int(column))] + (
            [(int(column), int(row))] if row != column and symmetry != "general" else []
        )
        for sign, (i, j) in zip((1, -1 if symmetry == "skew-symmetric" else 1), places, strict=False):
            wanted[i - 1, j - 1] += sign * value
    return (wanted != 0).astype(float) if field == "pattern" else wanted


def pattern_elsewhere(file: File) -> np.ndarray:
    """An smtx text, number by number."""
    text = " ".join(line for line in file.content.decode().splitlines() if not line.lstrip().startswith("%"))
    rows, columns, nnz, *numbers = (int(word) for word in text.replace(",", " ").split())
    offsets, places = numbers[: rows + 1], numbers[rows + 1 :]
    oracles.expect(len(places) == nnz, f"{len(places)} columns for {nnz} non-zeros")
    wanted = np.zeros((rows, columns))
    for row, (first, last) in enumerate(itertools.pairwise(offsets)):
        wanted[row, places[first:last]] = 1
    return wanted


def archive_elsewhere(file: File) -> np.ndarray | None:
    """What SciPy makes of the arrays that NumPy loads; None for a bare pattern."""
    with np.lib.npyio.NpzFile(io.BytesIO(file.content), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    if "format" not in found:
        return next(iter(found.values())).astype(float)
    if "data" not in found:
        return None
    kind, shape, data = found["format"].item().decode(), found["shape"], found["data"].astype(float)
    if kind == "coo":
        return scipy.sparse.coo_array((data, (found["row"], found["col"])), shape=shape).toarray()
    build = {"csr": scipy.sparse.csr_array, "csc": scipy.sparse.csc_array}[kind]
    return build((data, found["indices"], found["indptr"]), shape=shape).toarray()


READ_ELSEWHERE: dict[str, Callable[[File], np.ndarray | None]] = {
    "mtx": market_elsewhere,
    "smtx": pattern_elsewhere,
    "npz": archive_elsewhere,
    "npy": lambda file: np.load(io.BytesIO(file.content), allow_pickle=False).astype(float),
}


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


def described(*trees: Any, name: str = "file.yaml") -> st.SearchStrategy[File]:
    """A description with one place changed, or with bytes damaged."""
    structured = st.sampled_from(trees).flatmap(yaml_texts)
    raw = st.sampled_from([_dumped(each) for each in trees]).flatmap(damaged)
    return st.one_of(structured, structured, structured, raw).map(lambda content: File(name, content))


def _dumped(content: Any) -> bytes:
    import yaml

    return yaml.safe_dump(content, sort_keys=False).encode()


def machine_files() -> st.SearchStrategy[File]:
    shipped_ones = [shipped("hardware", name) for name in descriptions.SHIPPED_MACHINES]
    small = [tree(descriptions.SMALL_CPU)] * 4 + [tree(descriptions.BASED)] * 2
    return described(*small, *shipped_ones, name="machine.yaml")


def price_files() -> st.SearchStrategy[File]:
    return described(tree(descriptions.PRICES), shipped("energy", "horowitz-45nm"), name="prices.yaml")


def matrix_files(name: str, texts: st.SearchStrategy[bytes]) -> st.SearchStrategy[File]:
    raw = texts.flatmap(damaged).map(lambda content: File(f"m{name}", content))
    return st.one_of(texts.map(lambda content: File(f"m{name}", content)), raw)


def packed_markets() -> st.SearchStrategy[File]:
    packed = matrix_markets().map(lambda text: gzip.compress(text, mtime=0))
    return st.one_of(packed, packed.flatmap(damaged)).map(lambda content: File("m.mtx.gz", content))


def bomb_files() -> st.SearchStrategy[File]:
    return st.sampled_from(sorted(bombs())).map(lambda name: File(name, bombs()[name]))


def torch_cases() -> st.SearchStrategy[File]:
    whole = st.sampled_from(torch_files())
    return st.one_of(whole, whole.flatmap(repacked), whole.flatmap(damaged)).map(lambda data: File("net.pt", data))


def hdf5_cases() -> st.SearchStrategy[File]:
    plain = st.sampled_from(hdf5_files())
    h5 = st.one_of(plain, plain.flatmap(damaged)).map(lambda data: File("net.h5", data))
    inner = st.one_of(plain, plain.flatmap(damaged)).map(
        lambda data: File("net.keras", archive({"model.weights.h5": data}))
    )
    return st.one_of(h5, inner)


def onnx_cases() -> st.SearchStrategy[File]:
    whole = onnx_models().map(lambda model: model.SerializeToString())
    return st.one_of(whole, whole, whole, whole.flatmap(damaged)).map(lambda data: File("net.onnx", data))


def config_files() -> st.SearchStrategy[File]:
    texts = st.sampled_from(descriptions.CONFIGS).flatmap(json_texts)
    raw = st.sampled_from([json.dumps(each).encode() for each in descriptions.CONFIGS]).flatmap(damaged)
    return st.one_of(texts, texts, raw).map(lambda content: File("config.json", content))


CELLS = (
    "0",
    "-1",
    "1.5",
    "x",
    "",
    "2147483647",
    "2147483648",
    "9" * 30,
    "²",
    "1e3",
    "2:4",
    "5:4",
    "0:0",
    "1",
    "3",
    '"',
    "\0",
)


@st.composite
def tables(draw: st.DrawFn) -> File:
    """A topology of SCALE-Sim with a few cells changed."""
    convolutions = draw(st.booleans())
    head = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"
    rows = [
        head.split(","),
        ["conv", "8", "8", "3", "3", "2", "4", "1", ""],
        ["fc", "1", "1", "1", "1", "6", "5", "1", ""],
    ]
    if not convolutions:
        rows = [
            ["Layer", "M", "N", "K", "Sparsity", ""],
            ["fc", "1", "2", "3", "2:4", ""],
            ["other", "4", "5", "6", "1:1", ""],
        ]
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        row = draw(st.sampled_from(rows))
        if row:
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(CELLS))
    if draw(st.integers(0, 5)) == 0:
        del rows[draw(st.integers(0, len(rows) - 1))]
    content = "\n".join(",".join(row) for row in rows).encode()
    return File("net.csv", draw(damaged(content)) if draw(st.integers(0, 3)) == 0 else content)


@cache
def _records() -> list[dict[str, Any]]:
    op = matmul_op(A, DenseMatrix((8, 3)), "csr", "fp32")
    result = Simulator(load_machine("core-i7-5930k")).result(op).flat()
    return [{**result, "layer": str(number)} for number in range(3)]


@st.composite
def logs(draw: st.DrawFn) -> File:
    """Results as a run writes them, line by line, or as a table."""
    if draw(st.booleans()):
        lines = [json.dumps(record).encode() for record in _records()]
        lines[draw(st.integers(0, 2))] = draw(json_texts(_records()[0]))
        content = b"\n".join(lines) + b"\n"
        return File("log.jsonl", draw(damaged(content)) if draw(st.booleans()) else content)
    names = list(_records()[0])[:30]
    rows = [names, *([str(record[name]) for name in names] for record in _records())]
    for _ in range(draw(st.sampled_from((0, 1, 2)))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(names) - 1))] = draw(st.sampled_from(CELLS))
    content = "\n".join(",".join(row) for row in rows).encode() + b"\n"
    return File("log.csv", draw(damaged(content)) if draw(st.booleans()) else content)


def _named(strategy: Callable[[], st.SearchStrategy[bytes]], name: str) -> Callable[[], st.SearchStrategy[File]]:
    def files() -> st.SearchStrategy[File]:
        return st.one_of(strategy(), strategy(), strategy().flatmap(damaged)).map(lambda data: File(name, data))

    return files


KINDS = {
    "machines": Kind(4_000, machine_files, load_machine, judge_machine),
    "prices": Kind(800, price_files, load_energy_table, judge_prices),
    "sweeps": Kind(1_500, lambda: described(tree(descriptions.SWEEP), name="sweep.yaml"), load_sweep, judge_sweep),
    "plans": Kind(700, lambda: described(tree(descriptions.PLAN), name="plan.yaml"), load_plan, judge_yaml),
    "layer tables": Kind(
        1_500, lambda: described(tree(descriptions.LAYERS), name="net.yaml"), load_network, judge_network
    ),
    "MatrixMarket": Kind(1_800, lambda: matrix_files(".mtx", matrix_markets()), read_matrix, judge_matrix),
    "packed MatrixMarket": Kind(700, packed_markets, read_matrix, judge_matrix),
    "smtx": Kind(700, lambda: matrix_files(".smtx", smtx_texts()), read_matrix, judge_matrix),
    "npz matrices": Kind(1_000, lambda: matrix_files(".npz", npz_matrices()), read_matrix, judge_matrix),
    "npy": Kind(600, lambda: matrix_files(".npy", npy_arrays()), read_matrix, judge_matrix),
    "bombs": Kind(60, bomb_files, read_matrix, judge_matrix),
    "ONNX": Kind(2_500, onnx_cases, load_network, judge_graph),
    "safetensors": Kind(1_200, _named(safetensors, "net.safetensors"), load_network, judge_tensors),
    "npz networks": Kind(700, _named(npz_networks, "net.npz"), load_network, judge_network),
    "PyTorch": Kind(540, torch_cases, load_network, judge_network),
    "Keras": Kind(500, hdf5_cases, load_network, judge_network),
    "topologies": Kind(500, tables, load_network, judge_network),
    "configurations": Kind(400, config_files, load_network, judge_network),
    "result logs": Kind(300, logs, read_results, judge_log),
}
_NEEDS = {"PyTorch": "torch", "Keras": "h5py"}


def test_the_kinds_are_as_many_cases_as_announced():
    assert sum(kind.cases for kind in KINDS.values()) == CASES


@pytest.mark.parametrize("name", KINDS)
def test_changed_files(fuzz, tmp_path, name):
    if name in _NEEDS:
        pytest.importorskip(_NEEDS[name])
    kind = KINDS[name]
    fuzz("files", kind.cases, kind.files(), lambda file: check_file(kind, tmp_path, file))
