"""Points have an identity that names decide nothing of, and no two of them read alike or are added up together."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import yaml

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.formats import format_by_name
from sparsesim.networks import Layer, Network
from sparsesim.results import POINT, result_table, totals
from sparsesim.studies import resolved, run_sweep, simulate_network
from sparsesim.studies.points import case_of, contents_of, machine_hash, network_hash

MAGNITUDE = ss.pruner_by_name("magnitude", 0.9)
BY_L3 = ss.pruner_by_name("magnitude", 0.9, criterion="random-3")
ROUNDED = ss.pruner_by_name("filter", 0.5, round_to=8)
CARD = {
    "name": "a100-pcie",
    "description": "an A100 at 1 GHz that kept its name",
    "based_on": "a100-pcie",
    "clock_hz": "1 GHz",
    "sources": {"clock_hz": "assumed"},
}
GRID = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["none"], "formats": ["dense"], "machines": ["titan-x"]}


def network_of(weight, name="net", **fields):
    layer = Layer(name="fc", kind="linear", weight_shape=weight.shape, source=weight)
    return Network(**{"name": name, "layers": (layer,), "weights_origin": "imported", "source": "test"} | fields)


def point_of(network=None, method="none", lowering=None, inputs=None, format="csr", machine="titan-x", table=None):
    network = ss.load_network("digits-cnn") if network is None else network
    lowering = lowering or ss.Lowering()
    found = contents_of(network, lowering.activations, inputs)
    method = ss.method_by_name(method) if isinstance(method, str) else method
    case = case_of(network, method, found, lowering, "fast")
    return case.point(format, machine_hash(ss.load_machine(machine), table))


def test_two_criteria_are_two_points_and_not_one_that_takes_twice_the_time():
    network, machines = ss.load_network("digits-cnn"), [ss.load_machine("a100-pcie")]
    apart = [simulate_network(network, pruner, ["csr"], machines, None) for pruner in (MAGNITUDE, BY_L3)]
    alone = [totals(result_table(results))["seconds"].item() for results in apart]
    table = totals(result_table([*apart[0], *apart[1]]))
    assert table["layers"].tolist() == [4, 4]
    assert table["seconds"].tolist() == alone
    assert table["point"].nunique() == 2


def test_pruners_of_one_name_get_what_differs():
    table = ss.compare("digits-cnn", "a100-pcie", "csr", [MAGNITUDE, BY_L3])
    assert table["pruner"].tolist() == ["magnitude", "magnitude (random-3)"]
    assert table["layers"].tolist() == [4, 4]
    rounded = ss.compare("digits-cnn", "a100-pcie", "csr", [ROUNDED, ss.pruner_by_name("filter", 0.5)])
    assert rounded["pruner"].tolist() == ["filter (round_to=8)", "filter"]


def test_a_machine_that_kept_its_name_is_told_by_its_file(tmp_path):
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(CARD))
    table = ss.compare("digits-cnn", ["a100-pcie", path], "dense")
    assert table["machine"].tolist() == ["a100-pcie", f"a100-pcie ({path})"]
    assert table["speedup"].tolist() == [1, 1]
    assert table["seconds"].nunique() == 2
    mapped = ss.compare("digits-cnn", ["a100-pcie", CARD], "dense")
    assert mapped["machine"].tolist() == ["a100-pcie (clock_hz=1410000000)", "a100-pcie (clock_hz=1000000000)"]


def test_networks_of_one_file_name_are_told_by_their_folder(tmp_path):
    random = np.random.default_rng(0)
    names = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        names.append(str(tmp_path / folder / "net.npz"))
        np.savez(names[-1], **{"fc.weight": random.standard_normal((8, 16)).astype(np.float32)})
    grid = resolved(ss.load_sweep(GRID | {"networks": names}))
    assert [task.network.name for task in grid.tasks] == [f"net ({name})" for name in names]
    results = [result for _, found in run_sweep(grid) for result in found]
    assert totals(result_table(results))["layers"].tolist() == [1, 1]


def test_one_network_with_other_options_is_told_by_them():
    networks = [{"name": "bert-base", "seed": 1}, {"name": "bert-base", "seed": 2}]
    grid = resolved(ss.load_sweep(GRID | {"networks": networks}))
    assert [task.network.name for task in grid.tasks] == ["bert-base (seed=1)", "bert-base (seed=2)"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"networks": ["digits-cnn", "digits-cnn"]}, r"networks\.1: digits-cnn: .*'none'.*networks\.0, digits-cnn"),
        ({"networks": ["digits-cnn", {"name": "digits-cnn", "layers": "?*"}]}, r"networks\.1: .* equal .*networks\.0"),
        (
            {"pruners": [{"name": "magnitude", "sparsity": 0.5, "criterion": each} for each in (None, "magnitude")]},
            "pruners: 'magnitude' and 'magnitude criterion=magnitude' are equal in everything",
        ),
    ],
)
def test_equal_points_are_refused_before_any_work(fields, words, monkeypatch):
    monkeypatch.setattr("sparsesim.studies.run.executed", None)
    with pytest.raises(InputError, match=words):
        list(run_sweep(GRID | fields))


def test_machines_that_differ_in_their_name_alone_are_refused():
    copy = ss.load_machine("titan-x").model_copy(update={"name": "copy", "description": "the same"})
    with pytest.raises(InputError, match=r"machines: 'titan-x' and 'copy' are equal in everything that decides"):
        ss.compare("digits-cnn", ["titan-x", copy], "dense")


def test_names_decide_nothing_and_values_everything():
    weight = np.random.default_rng(1).standard_normal((8, 16)).astype(np.float32)
    network = network_of(weight)
    known = {point_of(network)}
    for same in (
        network_of(weight.copy(), name="other", source="elsewhere", notes="a remark"),
        network_of(np.asfortranarray(weight)),
        network_of(weight.astype(np.float64)),
        network_of(weight.astype(">f4")),
    ):
        assert point_of(same) in known
    other = weight.copy()
    other[7, 15] += 1e-6
    mask = np.ones((8, 16), bool)
    mask[0, 0] = False
    card = ss.load_machine("titan-x")
    for different in (
        point_of(network_of(other)),
        point_of(network_of(weight.reshape(16, 8))),
        point_of(network.with_masks({"fc": mask})),
        point_of(network, lowering=ss.Lowering(batch=2)),
        point_of(network, lowering=ss.Lowering("fp32")),
        point_of(network, lowering=ss.Lowering(activations=ss.Activations(density=0.5))),
        point_of(network, lowering=ss.Lowering(activations=ss.Activations(density=0.5, seed=1))),
        point_of(network, lowering=ss.Lowering(activations=ss.Activations(maps={"fc": other[:1]}))),
        point_of(network, "2:4"),
        point_of(network, ss.method_by_name("magnitude", 0.5)),
        point_of(network, ss.method_by_name("magnitude", 0.5, criterion="l1")),
        point_of(network, ss.method_by_name("filter", 0.5, round_to=4)),
        point_of(network, format="bsr-4x4"),
        point_of(network, format="bsr-4x8"),
        point_of(network, format=replace(format_by_name("csr"), index_bits=16)),
        point_of(network, machine="a100-pcie"),
        point_of(network, machine=card.model_copy(update={"clock_hz": card.clock_hz + 1})),
        point_of(network, machine=card.with_on_violation("refuse")),
        point_of(network, table=ss.load_energy_table("horowitz-45nm")),
    ):
        assert different not in known
        known.add(different)


def test_what_stands_for_the_same_is_the_same():
    assert point_of(format="bsr") == point_of(format="bsr-4x4")
    assert point_of(lowering=ss.Lowering("fp16")) == point_of()
    assert point_of(lowering=ss.Lowering(activations=ss.Activations(density=1))) == point_of()
    renamed = ss.load_machine("titan-x").model_copy(update={"name": "other", "description": ""})
    assert point_of(machine=renamed) == point_of()


def test_what_a_method_reads_belongs_to_its_points():
    network = network_of(np.ones((8, 16), np.float32))
    wanda, read = ss.method_by_name("wanda", 0.5), {"fc": np.ones((2, 16), np.float32)}
    other = {"fc": 2 * read["fc"], "elsewhere": np.ones(3)}
    assert point_of(network, wanda, inputs=read) != point_of(network, wanda, inputs=other)
    assert point_of(network, wanda, inputs=read) == point_of(network, wanda, inputs=read | {"elsewhere": np.ones(9)})
    assert point_of(network, "2:4", inputs=read) == point_of(network, "2:4", inputs=other)


def test_another_process_finds_the_same_identity():
    code = (
        "import sparsesim as ss; from sparsesim.studies.points import network_hash;"
        "print(network_hash(ss.load_network('digits-cnn')),"
        "ss.compare('digits-cnn', 'titan-x', 'csr', '2:4')['point'].item())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    table = ss.compare("digits-cnn", "titan-x", "csr", "2:4")
    assert told == [network_hash(ss.load_network("digits-cnn")), table["point"].item()]


def test_workers_and_references_name_the_points_that_a_comparison_does():
    grid = GRID | {"pruners": ["none", "2:4"], "formats": ["dense", "csr"]}
    ran = {result.point for _, results in run_sweep(grid) for result in results}
    assert ran == set(ss.compare("digits-cnn", "titan-x", ["dense", "csr"], ["none", "2:4"])["point"])
    assert all(len(point) == 32 for point in ran)


def test_formats_of_one_name_are_not_dropped():
    class Wide(type(format_by_name("csr"))):
        @property
        def name(self):
            return "csr"

    wide = Wide(index_bits=8)
    table = ss.compare("digits-cnn", "titan-x", ["csr", wide], MAGNITUDE)
    assert table["format"].nunique() == 2
    assert table["point"].nunique() == 2


def test_no_two_points_of_a_grid_read_alike():
    table = ss.compare("digits-cnn", ["a100-pcie", CARD], ["csr", "dense"], [MAGNITUDE, BY_L3, "none"])
    assert len(table.drop_duplicates(list(POINT))) == len(table) == 12


def test_other_code_makes_other_points(monkeypatch, tmp_path):
    """What draws and prints is left out; the ends of lines of a checkout are, too."""
    from sparsesim import identity

    def hashed():
        identity.code_hash.cache_clear()
        return identity.code_hash()

    try:
        for name in ("identity.py", "engines/fast.py", "report/style.py"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"a = 1\n")
        monkeypatch.setattr(identity, "__file__", str(tmp_path / "identity.py"))
        first = hashed()
        (tmp_path / "report" / "style.py").write_bytes(b"a = 2\n")
        (tmp_path / "identity.py").write_bytes(b"a = 1\r\n")
        assert hashed() == first
        (tmp_path / "engines" / "fast.py").write_bytes(b"a = 2\n")
        assert hashed() != first
    finally:
        monkeypatch.undo()
        identity.code_hash.cache_clear()
