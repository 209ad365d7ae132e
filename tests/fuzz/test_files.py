"""Every kind of file that is read, with its parts changed: read right, or refused in a line that names the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

from sparsesim.errors import SparsesimError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import load_network
from sparsesim.results import read_results
from sparsesim.studies import load_sweep
from sparsesim.studies.plan import load_plan
from sparsesim.tensors import read_matrix
from tests.fuzz import oracles
from tests.fuzz.file import File
from tests.fuzz.hunting import Outcome, emptied
from tests.fuzz.judges import (
    judge_graph,
    judge_log,
    judge_machine,
    judge_matrix,
    judge_network,
    judge_prices,
    judge_sweep,
    judge_tensors,
    judge_yaml,
)
from tests.fuzz.strategies import descriptions
from tests.fuzz.strategies.array_files import npz_networks, safetensors
from tests.fuzz.strategies.changed_files import (
    bomb_files,
    config_files,
    described,
    hdf5_cases,
    logs,
    machine_files,
    matrix_files,
    named,
    onnx_cases,
    packed_markets,
    price_files,
    tables,
    torch_cases,
)
from tests.fuzz.strategies.descriptions import tree
from tests.fuzz.strategies.matrix_files import (
    matrix_markets,
    npy_arrays,
    npz_matrices,
    smtx_texts,
)

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore:Detected pickle protocol")]


CASES = 20_000


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
    "safetensors": Kind(1_200, named(safetensors, "net.safetensors"), load_network, judge_tensors),
    "npz networks": Kind(700, named(npz_networks, "net.npz"), load_network, judge_network),
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
