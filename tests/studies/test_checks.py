"""What is wrong is said before any work, with its place: nothing is simulated, pruned or evaluated before it."""

import sys

import numpy as np
import pytest
import yaml

import sparsesim as ss
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.lowering import stream
from sparsesim.studies import evaluation, load_sweep, plan_by_sensitivity, resolved
from sparsesim.studies.checks import MOST_POINTS, check_points
from sparsesim.studies.sweeps.entries import MOST

GRID = {
    "name": "grid",
    "networks": ["digits-cnn"],
    "pruners": ["none", {"name": "magnitude", "sparsity": [0.5, 0.9]}],
    "formats": ["dense"],
    "machines": ["titan-x"],
}


@pytest.fixture
def idle(monkeypatch):
    """Whatever takes long fails."""

    def work(*args, **options):
        raise AssertionError("work was done")

    monkeypatch.setattr(evaluation, "lowered_layers", work)
    monkeypatch.setattr(stream, "lower_layer", work)
    monkeypatch.setattr("sparsesim.transforms.method.Method.applied", work)
    # Functions of these names hide the modules.
    for module in ("tradeoff", "sensitivity", "sensitivity_plan"):
        monkeypatch.setattr(sys.modules[f"sparsesim.studies.{module}"], "evaluate", work)


def compared(*given, **options):
    return ss.compare("digits-cnn", "titan-x", "dense", *given, **options)


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compared(["none", "wanda@0.5"]), "criterion 'wanda' needs samples of the network's input"),
        (lambda: compared(["none", "sparse-gpt@0.5"]), "'sparse-gpt' needs samples of the network's input"),
        (lambda: compared(["none", "taylor@0.5"]), "criterion 'taylor' needs the gradient"),
        (lambda: compared(baseline={"sparsity": "abc"}), r"baseline: sparsity: 'abc': a number in \[0, 1\)"),
        (lambda: compared(baseline={"sparsity": float("nan")}), r"baseline: sparsity: nan: a number"),
        (lambda: compared(baseline={"sparsity": 0.25}), r"baseline: sparsity: 0\.25: no point has it; choose from 0"),
        (lambda: compared(baseline={"format": "csr"}), "unknown baseline format 'csr'"),
        (lambda: compared(baseline={"machine": "h100-pcie"}), "unknown baseline machine 'h100-pcie'"),
        (lambda: compared(baseline={"network": "alexnet"}), "unknown baseline network 'alexnet'"),
        (lambda: compared("magnitude@0.5", baseline={"pruner": "none"}), "unknown baseline pruner 'none'"),
        (
            lambda: compared(["none", "magnitude@0.5"], baseline={"pruner": "magnitude", "sparsity": 0}),
            r"baseline: sparsity: 0: no point has it; choose from 0\.5",
        ),
        (lambda: compared(engine="slow"), "unknown engine 'slow'"),
        (lambda: compared(dtype="fp9"), "unknown number type 'fp9'"),
        (lambda: compared(batch=0), "batch is 0; it must be at least 1"),
        (lambda: compared(batch=2.5), "batch: 2.5: a whole number is needed"),
        (lambda: compared(batch=MOST + 1), f"batch is {MOST + 1}; it must be at least 1 and at most {MOST}"),
        (lambda: compared(batch=10**5000), "batch is about 2"),
        (lambda: ss.compare("digits-cnn", "titan-x", []), "formats: at least one is needed"),
        (lambda: ss.imbalance("digits-cnn", "magnitude@0.5", "titan"), "unknown machine 'titan'"),
        (lambda: ss.imbalance("digits-cnn", "magnitude@0.5", "titan-x", "cvs"), "unknown format 'cvs'"),
        (lambda: ss.imbalance("digits-cnn", "magnitude@0.5", "titan-x", seed=-1), "seed: -1: a whole number from 0"),
        (lambda: ss.imbalance("digits-cnn", "wanda@0.5", "titan-x"), "criterion 'wanda' needs samples"),
        (
            lambda: ss.imbalance("digits-cnn", "2:4", "titan-x", lowering=ss.Lowering("fp9")),
            "unknown number type 'fp9'",
        ),
        (lambda: ss.variants_of("digits-cnn", ["2:4", "wanda@0.5"]), "criterion 'wanda' needs samples"),
        (
            lambda: plan_by_sensitivity(ss.load_network("digits-cnn"), *ss.load_samples("digits"), max_drop=2),
            "max_drop=2 must be an accuracy",
        ),
    ],
)
def test_functions_refuse_before_any_work(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.usefixtures("idle")
def test_a_trade_off_checks_all_variants_before_the_first_is_evaluated():
    network = ss.load_network("digits-cnn")
    samples = ss.load_samples("digits")
    with pytest.raises(UnknownNameError, match="unknown number type 'fp9'"):
        ss.tradeoff({"dense": network}, *samples, "titan-x", lowering=ss.Lowering("fp9"))
    with pytest.raises(UnknownNameError, match="unknown network 'nowhere'"):
        ss.tradeoff({"dense": network, "other": "nowhere"}, *samples, "titan-x")


def test_a_baseline_of_weights_that_came_pruned_is_a_point():
    network = ss.prune(ss.load_network("digits-cnn"), "magnitude", 0.5)
    table = ss.compare(network, "titan-x", ["dense", "csr"], baseline={"sparsity": 0.5, "format": "dense"})
    assert table["speedup"].iloc[0] == 1
    found = resolved(load_sweep(GRID | {"baseline": {"sparsity": "0.9", "pruner": "magnitude"}}))
    assert found.baseline == {"sparsity": 0.9, "pruner": "magnitude"}


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("machines", ["titan-x", "b100"], r"machines\.1: unknown machine 'b100'"),
        ("formats", ["dense", "cvs"], r"formats\.1: unknown format 'cvs'"),
        ("pruners", ["none", "magnitude"], r"pruners\.1: pruner 'magnitude' needs sparsity="),
        ("networks", ["digits-cnn", "lenet"], r"networks\.1: unknown network 'lenet'"),
        ("networks", ["digits-cnn", {"name": "digits-cnn", "activations": "no.npz"}], r"networks\.1: no\.npz: "),
        ("pruners", ["none", {"name": "wanda", "sparsity": 0.5}], r"networks\.0: digits-cnn: criterion 'wanda' needs"),
        ("dtype", "fp9", "dtype: unknown number type 'fp9'"),
        ("baseline", {"machine": "titan-x", "sparsity": "abc"}, r"baseline: sparsity: 'abc': a number in"),
        ("baseline", {"machine": "h200"}, "baseline: unknown baseline machine 'h200'"),
        ("energy_table", "horowitz", "energy_table: unknown energy table 'horowitz'"),
    ],
)
def test_faults_found_after_reading_name_file_line_and_field(tmp_path, field, value, words):
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(GRID | {field: value}, sort_keys=False))
    with pytest.raises(InputError, match=rf"^{path}: line \d+: {words}") as caught:
        resolved(load_sweep(path))
    line = int(str(caught.value).split(": ")[1].removeprefix("line "))
    above = [text for text in path.read_text().splitlines()[:line] if text[0] not in " -"]
    assert above[-1].partition(":")[0] == words.partition(":")[0].partition("\\")[0]


def test_faults_of_a_machine_file_keep_their_own_place(tmp_path):
    (tmp_path / "card.yaml").write_text("name: card\nclock_hz: fast\n")
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(GRID | {"machines": [str(tmp_path / "card.yaml")]}))
    with pytest.raises(InputError) as caught:
        resolved(load_sweep(path))
    assert all(f"machines.0: {tmp_path / 'card.yaml'}: " in fault for fault in str(caught.value).splitlines())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"batch": MOST + 1}, f"batch: {MOST + 1}: must be less than or equal to {MOST}"),
        ({"batch": 10**30}, "batch: .*must be less than or equal to"),
        ({"networks": [{"name": "bert-base", "tokens": 2**31}]}, r"networks\.0\.tokens: "),
        ({"networks": [{"name": "bert-base", "seed": 2**63}]}, r"networks\.0\.seed: "),
        ({"networks": [{"name": "a.npz", "input_shape": [3, 2**40, 2]}]}, r"networks\.0\.input_shape\.1: "),
        ({"pruners": [{"name": "filter", "sparsity": 0.5, "round_to": 2**31}]}, r"pruners\.0\.round_to: "),
    ],
)
def test_numbers_beyond_all_use_are_refused_where_they_stand(fields, words):
    with pytest.raises(InputError, match=words):
        load_sweep(GRID | fields)


@pytest.mark.usefixtures("idle")
def test_a_grid_has_a_bounded_number_of_points(tmp_path):
    sparsities = np.linspace(0, 0.999, 50_001).tolist()
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(GRID | {"pruners": [{"name": "magnitude", "sparsity": sparsities}]}))
    sweep = load_sweep(path)
    assert sweep.pruners[0].sparsity[-1] == 0.999
    wide = sweep.model_copy(update={"machines": ("titan-x", "sparch")}).located(sweep._told.place)
    words = rf"^{path}: points of the grid: 1 x 50001 x 1 x 2 is more than the 100000 that can be counted"
    with pytest.raises(InputError, match=words):
        resolved(wide)
    with pytest.raises(InputError, match="points of the grid: 50001 x 1 x 2 is more"):
        ss.compare("digits-cnn", ["titan-x", "sparch"], "dense", [f"magnitude@{s}" for s in sparsities])


def test_bounds_themselves_are_allowed():
    assert load_sweep(GRID | {"batch": MOST}).batch == MOST
    check_points(MOST_POINTS, 1, 1)
    with pytest.raises(InputError, match="points of the grid"):
        check_points(MOST_POINTS + 1, 1)
