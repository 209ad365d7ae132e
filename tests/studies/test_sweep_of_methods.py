"""A sweep takes every method that changes a network, by its name."""

import numpy as np
import pytest
import yaml

from sparsesim.errors import InputError
from sparsesim.lowering import Activations
from sparsesim.studies import (
    in_order,
    load_sweep,
    resolved,
    run_sweep,
)
from sparsesim.transforms import method_by_name, repair_network

pytest.importorskip("onnxruntime")
SWEEP = {
    "name": "methods",
    "networks": ["digits-cnn"],
    "pruners": ["none"],
    "formats": ["dense", "nm-2:4"],
    "machines": ["a100-pcie"],
}


@pytest.fixture
def calibration(inputs, tmp_path):
    np.savez(tmp_path / "inputs.npz", **inputs)
    return str(tmp_path / "inputs.npz")


def played(tmp_path, **fields):
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump(SWEEP | fields))
    return in_order(run_sweep(load_sweep(path)))


def test_sparse_gpt_runs_in_a_sweep(tmp_path, calibration, network, inputs):
    entry = {"name": "digits-cnn", "calibration": calibration}
    pruners = ["sparse-gpt-2:4", {"name": "sparse-gpt", "sparsity": [0.5, 0.8]}, {"name": "wanda", "sparsity": 0.5}]
    results = played(tmp_path, networks=[entry], pruners=pruners)
    points = list(dict.fromkeys((result.pruner, result.sparsity) for result in results))
    assert points == [("sparse-gpt-2:4", 0.5), ("sparse-gpt", 0.5), ("sparse-gpt", 0.8), ("wanda", 0.5)]
    stored = [r for r in results if r.pruner == "sparse-gpt-2:4" and r.format == "nm-2:4"]
    assert {r.status for r in stored} == {"ok"}
    corrected = repair_network(network, inputs, pattern="2:4")
    assert [r.a_nnz for r in stored] == [np.count_nonzero(layer.masked_weight()) for layer in corrected.layers]
    assert {r.b_density for r in stored} == {1.0}  # calibration is not what machines multiply


def test_activations_are_the_calibration_if_nothing_else_is(tmp_path, calibration):
    entry = {"name": "digits-cnn", "activations": calibration}
    results = played(tmp_path, networks=[entry], pruners=["sparse-gpt-2:4"])
    assert min(r.b_density for r in results) < 1


def test_a_sweep_without_calibration_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr("sparsesim.studies.run.executed", lambda task: pytest.fail("work was done"))
    with pytest.raises(InputError, match=r"digits-cnn: pruner 'sparse-gpt-2:4' needs .* calibration: FILE.npz"):
        played(tmp_path, pruners=["none", "sparse-gpt-2:4"])
    with pytest.raises(InputError, match="criterion 'taylor' needs the gradient"):
        played(tmp_path, pruners=["none", {"name": "taylor", "sparsity": 0.5}])


def test_permuted_channels_fit_the_unit_and_keep_more(tmp_path, calibration):
    entry = {"name": "digits-cnn", "activations": calibration}
    results = played(tmp_path, networks=[entry], pruners=["2:4", "permute-2:4"], formats=["nm-2:4"])
    assert {r.status for r in results} == {"ok"}
    plain, permuted = results[:4], results[4:]
    assert {r.pruner for r in permuted} == {"permute-2:4"}
    assert [r.a_nnz for r in plain] == [r.a_nnz for r in permuted]
    assert [r.b_density for r in plain] == [r.b_density for r in permuted]


def test_useful_products_are_counted_with_inputs_in_the_same_order(network, inputs):
    """Zeros of an input meet the weights of its own channel, in whatever order these arrive."""
    from sparsesim.lowering import lowered_layers

    method = method_by_name("permute-2:4")
    maps = {"fc1": inputs["fc1"][:7]}
    masked = method.applied(network).network.layer("fc1").masked_weight()
    (op,) = [one.op for one in lowered_layers(network.select("fc1"), method, activations=Activations(maps=maps))]
    product = op.a.tensor.to_array() @ op.b.tensor.to_array()
    np.testing.assert_allclose(product, masked @ maps["fc1"].T, rtol=1e-3, atol=1e-4)


def test_fewer_bits_are_the_number_type_unless_one_is_named(tmp_path):
    fields = {"formats": ["dense"], "machines": ["a100-pcie"]}
    named = played(tmp_path, pruners=["none", "int8"], dtype="fp16", **fields)
    free = played(tmp_path, pruners=["none", "int8"], **fields)
    assert {(r.pruner, r.dtype) for r in named} == {("none", "fp16"), ("int8", "fp16")}
    assert {(r.pruner, r.dtype) for r in free} == {("none", "fp16"), ("int8", "int8")}
    assert sum(r.a_bytes for r in free if r.pruner == "int8") * 2 == sum(r.a_bytes for r in free if r.pruner == "none")


def test_the_old_name_of_the_number_type_is_understood(tmp_path):
    assert {r.dtype for r in played(tmp_path, value_type="bf16", formats=["dense"])} == {"bf16"}


def test_methods_that_change_shapes_run_in_a_sweep(tmp_path, calibration):
    fields = {"formats": ["dense"], "machines": ["a100-pcie"]}
    pruners = ["none", "low-rank-6", {"name": "low-rank", "energy": 0.8}, {"name": "shrink", "sparsity": 0.5}]
    results = played(tmp_path, pruners=pruners, **fields)
    layers = {name: [r.layer for r in results if r.pruner == name] for name in {r.pruner for r in results}}
    assert layers["low-rank-6"][:2] == ["conv1.v", "conv1.u"]
    macs = {name: sum(r.macs for r in results if r.pruner == name) for name in layers}
    assert max(macs["shrink"], macs["low-rank-6"]) < macs["none"]
    with pytest.raises(InputError, match="'shrink' changes the shapes of layers: captured activations do not fit"):
        played(tmp_path, networks=[{"name": "digits-cnn", "activations": calibration}], pruners=pruners[3:])


def test_neurons_are_merged_in_a_sweep(tmp_path):
    random = np.random.default_rng(0)
    shapes = {"a.weight": (16, 8), "b.weight": (12, 16), "c.weight": (4, 12)}
    arrays = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    np.savez(tmp_path / "chain.npz", **arrays)
    entry = {"name": str(tmp_path / "chain.npz"), "architecture": "mlp"}
    results = played(tmp_path, networks=[entry], pruners=["none", "merge"], formats=["dense"], machines=["a100-pcie"])
    none, merged = ([r.m for r in results if r.pruner == name] for name in ("none", "merge"))
    assert none == [16, 12, 4]
    assert merged[-1] == 4
    assert sum(merged) < sum(none)


def test_options_keep_points_apart(tmp_path):
    pruners = [{"name": "filter", "sparsity": 0.5, "criterion": each} for each in ("l1", "l2")]
    results = played(tmp_path, pruners=pruners, formats=["dense"], machines=["a100-pcie"])
    assert list(dict.fromkeys(r.pruner for r in results)) == ["filter criterion=l1", "filter criterion=l2"]


def test_faults_of_methods_are_found_when_a_sweep_is_resolved(tmp_path):
    for changes, reason in (
        ({"pruners": ["sparsegpt"]}, "did you mean sparse-gpt"),
        ({"pruners": ["low-rank"]}, "either rank or energy"),
        (
            {"networks": [{"name": "digits-cnn", "layers": "fc*"}], "pruners": [{"name": "shrink", "sparsity": 0.5}]},
            "changes whole networks",
        ),
        ({"networks": ["alexnet"], "pruners": [{"name": "shrink", "sparsity": 0.5}]}, "needs an ONNX graph"),
    ):
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump(SWEEP | changes))
        with pytest.raises(InputError, match=reason):
            resolved(load_sweep(path))
