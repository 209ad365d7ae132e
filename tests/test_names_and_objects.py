"""Wherever the command line takes a name, Python takes a name, a path, a mapping or an object, one or several."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import yaml

import sparsesim as ss
from sparsesim.errors import FaultsError, InputError
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_machines
from sparsesim.several import several
from sparsesim.transforms import as_method, as_methods

SLOW_CARD = {
    "name": "slow-card",
    "description": "an A100 at 1 GHz",
    "based_on": "a100-pcie",
    "clock_hz": "1 GHz",
    "sources": {"clock_hz": "assumed"},
}
CHEAP = {
    "name": "cheap",
    "node": "45 nm",
    "description": "DRAM at half the price",
    "based_on": "horowitz-45nm",
    "scale": {"dram": {"factor": 0.5, "source": "assumed"}},
}
GRID = {
    "name": "grid",
    "networks": ["digits-cnn"],
    "pruners": ["2:4"],
    "formats": ["dense", "nm-2:4"],
    "machines": ["a100-pcie"],
}


def figures(table):
    """A table without what differs from run to run."""
    return table.drop(columns="simulation_seconds").to_dict("records")


def written(folder, content):
    path = folder / f"{content['name']}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("load", "content", "shipped"),
    [
        (ss.load_machine, SLOW_CARD, "sparch"),
        (ss.load_energy_table, CHEAP, "gpu-7nm"),
        (ss.load_sweep, GRID, "quickstart"),
    ],
)
def test_a_mapping_says_what_its_file_says(tmp_path, load, content, shipped):
    path = written(tmp_path, content)
    found = load(content)
    assert found == load(path) == load(str(path))
    assert load(found) is found
    assert load(shipped).name == shipped


@pytest.mark.parametrize("load", [ss.load_machine, ss.load_energy_table, ss.load_sweep])
@pytest.mark.parametrize("wrong", [3, None, ["sparch"]])
def test_other_objects_are_refused_in_one_line(load, wrong):
    with pytest.raises(InputError, match=r"^a name, a path or a mapping of fields is needed, found \w+$"):
        load(wrong)


def test_a_faulty_mapping_is_told_by_its_fields_and_without_lines():
    with pytest.raises(FaultsError) as told:
        ss.load_machine({**SLOW_CARD, "clock_hz": "fast", "lunch_ns": 3, "kernels": {"gemm": {"launch_ns": -1}}})
    fields = [fault.partition(": ")[0] for fault in told.value.faults]
    assert sorted(fields) == ["clock_hz", "kernels.gemm.launch_ns", "lunch_ns"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sources": {}}, "sources: no entry of this mapping covers clock_hz"),
        ({"based_on": "a100"}, "unknown machine 'a100'"),
        ({"based_on": 7}, "based_on: a shipped name or a path is needed, found 7"),
        ({"based_on": "nowhere.yaml"}, "nowhere.yaml: no such file"),
    ],
)
def test_a_mapping_needs_sources_and_a_base_as_a_file_does(change, words):
    with pytest.raises(InputError, match=words):
        ss.load_machine({**SLOW_CARD, **change})


def test_a_mapping_may_be_based_on_any_file(tmp_path):
    path = written(tmp_path, SLOW_CARD)
    based = {"name": "slower", "description": "half of it", "based_on": str(path), "clock_hz": 5e8}
    found = ss.load_machine({**based, "sources": {"clock_hz": "assumed"}})
    assert (found.clock_hz, found.dram) == (500_000_000, ss.load_machine("a100-pcie").dram)


def test_a_mapping_is_left_as_it_was():
    given = {**SLOW_CARD, "sources": {"clock_hz": "assumed"}}
    ss.load_machine(given)
    assert given == SLOW_CARD


def test_networks_are_taken_as_they_are(tmp_path):
    network = ss.load_network("digits-cnn")
    assert ss.load_network(network) is network
    with pytest.raises(InputError, match="seed means nothing for the network 'digits-cnn', which is read already"):
        ss.load_network(network, seed=3)
    with pytest.raises(InputError, match=r"a name, a path or a Network is needed, found int$"):
        ss.load_network(3)


def test_a_module_is_pointed_to_its_own_reader():
    torch = pytest.importorskip("torch")
    with pytest.raises(InputError, match=r"found Linear; network_from_torch\(module, sample\) reads PyTorch modules"):
        ss.load_network(torch.nn.Linear(3, 4))


def test_one_and_several_are_told_apart():
    machine = ss.load_machine("sparch")
    for one in ("sparch", Path("x.yaml"), SLOW_CARD, machine, None):
        assert several(one) == [one]
    assert several(("a", "b")) == several(name for name in "ab") == ["a", "b"]
    assert several(()) == []


def test_machines_are_there_once_and_told_apart():
    machine = ss.load_machine("a100-pcie")
    assert load_machines(["a100-pcie", machine, "sparch"]) == [machine, ss.load_machine("sparch")]
    other = ss.load_machine({**SLOW_CARD, "name": "a100-pcie"})
    with pytest.raises(InputError, match="machines: two different ones are called 'a100-pcie'"):
        load_machines([machine, other])
    with pytest.raises(InputError, match="machines: at least one is needed"):
        load_machines([])


def test_methods_are_there_once_and_told_apart():
    pruner = ss.pruner_by_name("magnitude", 0.9)
    found = as_methods(["magnitude@0.9", pruner, "magnitude@0.5"])
    assert [method.asked_sparsity for method in found] == [0.9, 0.5]
    random = ss.pruner_by_name("random", 0.9)
    with pytest.raises(InputError, match="pruners: two different ones are called 'magnitude'"):
        as_methods([pruner, type(random)(random.pattern, random.selector, random.criterion, "magnitude")])
    with pytest.raises(InputError, match="pruners: at least one is needed"):
        as_methods([])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("magnitude", r"'magnitude': a sparsity is needed, such as magnitude@0\.9"),
        ("magnitude@much", r"'magnitude@much': 'much' is no sparsity; write magnitude@0\.9"),
        ("magnitud@0.9", "unknown pruner 'magnitud'"),
        (0.9, "a pruner, a method or the name of one is needed, found float"),
    ],
)
def test_a_method_that_cannot_be_told_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        as_method(given)


def test_compare_takes_names_and_objects_alone_and_mixed(tmp_path):
    named = ss.compare("digits-cnn", SLOW_CARD, "nm-2:4", "2:4", energy_table="horowitz-45nm")
    mixed = ss.compare(
        ss.load_network("digits-cnn"),
        [written(tmp_path, SLOW_CARD)],
        [format_by_name("nm-2:4")],
        [ss.pruner_by_name("2:4")],
        energy_table=ss.load_energy_table("horowitz-45nm"),
    )
    assert figures(named) == figures(mixed)


def test_what_is_given_twice_counts_once():
    once = ss.compare("digits-cnn", "a100-pcie", "csr", "2:4", energy_table="horowitz-45nm")
    twice = ss.compare("digits-cnn", ["a100-pcie"] * 2, ["csr"] * 2, ["2:4", "2:4"], energy_table="horowitz-45nm")
    assert figures(once) == figures(twice)


def test_a_sweep_counts_what_is_given_twice_once():
    def layers(grid):
        return [result.layer for _, results in ss.run_sweep(grid) for result in results]

    doubled = {
        **GRID,
        "pruners": ["2:4", "2:4"],
        "formats": ["dense", "nm-2:4", "dense"],
        "machines": ["a100-pcie"] * 2,
    }
    assert layers(doubled) == layers(GRID)


def test_compare_takes_batch_and_dtype_or_a_lowering():
    short = ss.compare("digits-cnn", "a100-pcie", "dense", batch=8, dtype="int8")
    long = ss.compare("digits-cnn", "a100-pcie", "dense", lowering=ss.Lowering("int8", 8))
    assert figures(short) == figures(long)
    assert figures(short) != figures(ss.compare("digits-cnn", "a100-pcie", "dense"))
    with pytest.raises(InputError, match="lowering has a batch and a dtype of its own"):
        ss.compare("digits-cnn", "a100-pcie", lowering=ss.Lowering(), batch=8)


def test_compare_refuses_on_violation():
    unpacked = ss.compare("digits-cnn", "a100-pcie", "bitmap")
    refused = ss.compare("digits-cnn", "a100-pcie", "bitmap", on_violation="refuse")
    assert (unpacked["status"].tolist(), refused["status"].tolist()) == (["ok"], ["refused"])
    with pytest.raises(InputError, match="on_violation: 'ignore' is none of"):
        ss.compare("digits-cnn", "a100-pcie", on_violation="ignore")


def test_simulate_and_reprice_take_names():
    op = ss.matmul_op("karate", "karate", "csr", "fp32")
    named = ss.simulate(op, "sparch", "sparch-40nm")
    assert named.cycles == ss.simulate(op, ss.load_machine("sparch"), ss.load_energy_table("sparch-40nm")).cycles
    cheap = ss.reprice(named, CHEAP)
    assert cheap.energy_pj["dram"] * 2 == pytest.approx(ss.reprice(named, "horowitz-45nm").energy_pj["dram"])


def test_a_product_takes_matrices_of_any_kind(tmp_path):
    matrix = ss.read_matrix("karate")
    array = matrix.to_array()
    np.save(tmp_path / "karate.npy", array)
    kinds = [
        "karate",
        matrix,
        array,
        array.tolist(),
        sp.csr_matrix(array),
        sp.coo_array(array),
        tmp_path / "karate.npy",
    ]
    cycles = {ss.multiply(kind, None, "sparch", "csr", "fp32")[0].cycles for kind in kinds}
    assert len(cycles) == 1
    assert ss.multiply("karate", array, "sparch", "csr", "fp32")[0].cycles in cycles
    with pytest.raises(InputError, match="a matrix, its name or a path is needed, found int"):
        ss.multiply(3, None, "sparch")


def test_a_gemm_is_timed_as_the_command_times_it():
    (warm,) = ss.gemm(16, 512, 512, "a100-pcie", "dense", "fp16")
    (cold,) = ss.gemm(16, 512, 512, "a100-pcie", "dense", "fp16", cold=True)
    assert (warm.operands, cold.operands) == ("L2", "DRAM")
    (named,) = ss.gemm(16, 512, 512, "a100-pcie", "csr", "fp16", "0.9")
    (number,) = ss.gemm(16, 512, 512, "a100-pcie", "csr", "fp16", 0.9)
    assert named.cycles == number.cycles
    with pytest.raises(ss.SparsesimError, match="bitmap"):
        ss.gemm(16, 512, 512, "a100-pcie", "bitmap", "fp16", 0.9, on_violation="refuse")


def test_samples_go_by_their_name():
    images, labels = ss.load_samples("digits")
    network = ss.load_network("digits-cnn")
    by_name = ss.evaluate("digits-cnn", "digits")
    assert by_name.correct == ss.evaluate(network, images, labels).correct
    assert ss.evaluate(network, ss.load_samples("digits")).correct == by_name.correct
    wrong = (labels + 1) % 10
    assert ss.evaluate(network, "digits", wrong).correct < by_name.correct
    assert ss.evaluate(network, images).accuracy is None
    maps = ss.capture("digits-cnn", "digits")
    np.testing.assert_array_equal(maps["conv1"], images)


def test_studies_take_names_and_need_labels():
    images, _ = ss.load_samples("digits")
    with pytest.raises(InputError, match="labels: accuracies need them"):
        ss.sensitivity("digits-cnn", images)
    with pytest.raises(InputError, match="labels: a trade-off needs them"):
        ss.tradeoff({"dense": "digits-cnn"}, images, None, "a100-pcie")
    table = ss.tradeoff({"dense": "digits-cnn"}, "digits", None, "a100-pcie")
    assert table["variant"].tolist() == ["dense"]
    named = ss.variants_of("digits-cnn", {"half": "magnitude@0.5", "fixed": ss.pruner_by_name("2:4")})
    assert list(named) == ["dense", "half", "fixed"]
    one = ss.imbalance("digits-cnn", "magnitude@0.9", "sparch")
    same = ss.imbalance(ss.load_network("digits-cnn"), ss.pruner_by_name("magnitude", 0.9), [ss.load_machine("sparch")])
    assert one.equals(same)


def test_results_are_read_from_a_path_of_any_kind(tmp_path):
    path = tmp_path / "points.csv"
    ss.compare("digits-cnn", "a100-pcie").to_csv(path, index=False)
    assert ss.read_results(str(path)).equals(ss.read_results(path))
    with pytest.raises(InputError, match="no such file"):
        ss.read_results("nowhere.jsonl")
