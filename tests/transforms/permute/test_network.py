import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.inference import evaluate
from sparsesim.networks import Layer, Network
from sparsesim.networks.im2col import im2col
from sparsesim.pruning import pruner_by_name
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import permute_network, prune_network
from tests.inference.real_data import array_network, cifar


def network(*layers):
    return Network(name="net", layers=layers, weights_origin="trained", source="test")


def values(*shape):
    spread = np.random.default_rng(2).permutation(np.linspace(0.2, 3, shape[1]))
    drawn = np.random.default_rng(1).standard_normal(shape)
    return (drawn * spread.reshape(-1, *[1] * (len(shape) - 2))).astype(np.float32)


def layer(name, kind, *shape, **geometry):
    return Layer(name=name, kind=kind, weight_shape=shape, source=values(*shape), **geometry)


CONV = layer("conv", "conv2d", 6, 8, 3, 2, input_size=(5, 6), padding=(1, 1), groups=2)
FIRST = layer("first", "conv2d", 8, 3, 3, 3, input_size=(5, 6), padding=(1, 1))
LINEAR = layer("fc", "linear", 4, 18)
LSTM = layer("lstm", "lstm", 8, 12)


def accepted(whole):
    """Every layer as a 2:4 unit takes it, in the format that refuses all else."""
    machine, table = load_machine("a100-pcie"), load_energy_table("horowitz-45nm")
    return [one.status for one in simulate_network(whole, pruner_by_name("none"), ["nm-2:4"], [machine], table)]


def kept(one):
    return float(np.abs(one.masked_weight()).sum(dtype=float))


def test_the_machine_multiplies_the_same_with_its_inputs_in_order():
    found = permute_network(network(CONV, LINEAR))
    samples = np.random.default_rng(3).standard_normal((2, 16, 5, 6)).astype(np.float32)
    given, permuted = found.masked.layer("conv"), found.reordered.layer("conv")
    for group in range(2):
        rows, columns = slice(3 * group, 3 * group + 3), slice(48 * group, 48 * group + 48)
        expected = given.weight_matrix()[rows] @ im2col(samples, CONV)[columns]
        ordered = im2col(samples[:, found.orders["conv"]], CONV)[columns]
        np.testing.assert_allclose(permuted.weight_matrix()[rows] @ ordered, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(
        found.reordered.layer("fc").masked_weight(), found.masked.layer("fc").masked_weight()[:, found.orders["fc"]]
    )
    assert sorted(found.orders["conv"][:8]) == list(range(8))
    assert found.reordered.graph is found.reordered.path is None


def test_never_less_is_kept_and_all_is_told():
    whole = network(FIRST, CONV, LINEAR, LSTM)
    found = permute_network(whole)
    assert list(found.orders) == ["conv", "fc"]
    for one in whole.layers:
        before, after = found.kept_before[one.name], found.kept_after[one.name]
        assert (after > before) if one.name in found.orders else (after == before)
        for changed in (found.masked, found.reordered):
            assert kept(changed.layer(one.name)) == pytest.approx(after * kept(one))
    assert accepted(found.reordered) == ["ok"] * 4
    assert "refused" in accepted(found.masked)
    plain = prune_network(whole, "2:4")
    for name in ("first", "lstm"):
        np.testing.assert_array_equal(found.masked.layer(name).mask, plain.layer(name).mask)


def test_what_was_dropped_before_stays_dropped():
    mask = np.random.default_rng(5).random(LINEAR.weight_shape) < 0.6
    found = permute_network(network(LINEAR.with_mask(mask), LSTM.with_mask(LSTM.weight() > 0)), "1:2")
    assert not (found.masked.layer("fc").mask & ~mask).any()
    assert not (found.masked.layer("lstm").mask & (LSTM.weight() <= 0)).any()
    for one in found.masked.layers:
        assert found.reordered.layer(one.name).mask.sum() == one.mask.sum()


def test_nothing_to_permute_is_refused():
    with pytest.raises(InputError, match="no weights to permute"):
        permute_network(network(Layer(name="scores", kind="matmul", m=2, k=3, n=4)))
    with pytest.raises(InputError, match="not an N:M pattern"):
        permute_network(network(LINEAR), "two")


def test_resnet20(data_dir):
    pytest.importorskip("onnxruntime")
    images, labels = cifar(data_dir)
    whole = array_network(data_dir, "resnet20_cifar10", "resnet-cifar")
    found = permute_network(whole, restarts=8)
    assert all(found.kept_after[name] > found.kept_before[name] for name in found.orders)
    assert len(found.orders) == len(whole.layers) - 1
    assert accepted(found.reordered) == ["ok"] * len(whole.layers)
    for one in found.masked.layers:
        assert kept(one) == pytest.approx(kept(found.reordered.layer(one.name)))
    correct = [evaluate(one, images, labels).correct for one in (whole, prune_network(whole, "2:4"), found.masked)]
    print("correct of 200: dense {}, 2:4 {}, permuted 2:4 {}".format(*correct))
    assert correct[0] > correct[2] >= correct[1]
