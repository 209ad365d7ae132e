import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.inference import capture, evaluate
from sparsesim.networks import Layer, Network
from sparsesim.networks.im2col import im2col
from sparsesim.pruning import NM, to_matrix
from sparsesim.transforms import prune_network, repair_network
from sparsesim.transforms.sparse_gpt import sparse_gpt
from tests.inference.real_data import array_network, cifar


def network(*layers):
    return Network(name="net", layers=layers, weights_origin="trained", source="test")


def values(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def layer(name, kind, *shape, **geometry):
    return Layer(name=name, kind=kind, weight_shape=shape, source=values(*shape), **geometry)


CONV = layer("conv", "conv2d", 6, 4, 3, 2, input_size=(5, 6), padding=(1, 1), groups=2)
LINEAR = layer("fc", "linear", 4, 8)
LSTM = layer("lstm", "lstm", 8, 5)
MAPS = {"conv": values(9, 8, 5, 6), "fc": values(30, 8)}


@pytest.mark.parametrize("amount", [{"sparsity": 0.4}, {"pattern": NM(2, 4)}, {"pattern": "2:4"}])
def test_every_group_of_channels_is_repaired_from_its_own_columns(amount):
    found = repair_network(network(CONV, LINEAR, LSTM), MAPS, **amount)
    columns = im2col(MAPS["conv"], CONV)
    expected = {"sparsity": amount.get("sparsity"), "pattern": NM(2, 4) if "pattern" in amount else None}
    for group in range(2):
        rows, inputs = slice(3 * group, 3 * group + 3), columns[24 * group : 24 * group + 24].T
        part = sparse_gpt(CONV.weight()[rows], inputs=inputs, **expected)
        np.testing.assert_array_equal(found.layer("conv").mask[rows], part.mask)
        np.testing.assert_allclose(found.layer("conv").weight()[rows], part.weight, rtol=1e-4, atol=1e-5)
    part = sparse_gpt(LINEAR.weight(), inputs=MAPS["fc"], **expected)
    np.testing.assert_allclose(found.layer("fc").weight(), part.weight, rtol=1e-4, atol=1e-5)
    assert found.layer("lstm") is LSTM


def test_n_of_m_lies_along_the_columns_that_are_multiplied():
    found = repair_network(network(CONV), MAPS, pattern="2:4").layers[0]
    assert ((found.weight_matrix() != 0).reshape(-1, 4).sum(axis=1) == 2).all()
    np.testing.assert_array_equal(to_matrix(found.mask), found.weight_matrix() != 0)


@pytest.mark.parametrize(
    ("layers", "maps", "amount", "reason"),
    [
        ([CONV, LINEAR], {"fc": MAPS["fc"]}, {"sparsity": 0.5}, "'conv' has no captured inputs"),
        ([LINEAR], {"fc": values(3, 7)}, {"sparsity": 0.5}, r"'fc' reads \[n, 8\], its captured inputs are \(3, 7\)"),
        ([LINEAR], {"fc": values(0, 8)}, {"sparsity": 0.5}, r"captured inputs are \(0, 8\)"),
        ([CONV], {"conv": values(2, 4, 5, 6)}, {"sparsity": 0.5}, r"'conv' reads \[n, 8, 5, 6\]"),
        ([LINEAR], {"fc": np.full((9, 8), np.nan)}, {"sparsity": 0.5}, "layer 'fc': .*NaN"),
        ([LINEAR], MAPS, {}, "layer 'fc': "),
        ([LINEAR], MAPS, {"sparsity": 0.5, "pattern": "2:4"}, "layer 'fc': .*not both"),
        ([LINEAR], MAPS, {"pattern": "2-4"}, "'2-4' is not an N:M pattern"),
        ([LINEAR.with_mask(LINEAR.weight() > 0)], MAPS, {"sparsity": 0.5}, "'fc' is pruned already"),
        ([LSTM], {}, {"sparsity": 0.5}, "no conv2d or linear layer"),
    ],
)
def test_faults_are_named(layers, maps, amount, reason):
    with pytest.raises(InputError, match=reason):
        repair_network(network(*layers), maps, **amount)


def output_error(given, changed, inputs):
    """||X W^T - X W'^T|| of a layer on inputs that the repair never saw."""
    columns = im2col(inputs, given) if given.kind == "conv2d" else inputs.T
    return np.linalg.norm((given.weight_matrix() - changed.weight_matrix()) @ columns)


def test_resnet20_stays_more_accurate_than_by_magnitude(data_dir):
    """Inputs of 64 images; accuracy of the 136 others, and output errors for some of them."""
    pytest.importorskip("onnxruntime")
    images, labels = cifar(data_dir)
    whole = array_network(data_dir, "resnet20_cifar10", "resnet-cifar")
    repaired = repair_network(whole, capture(whole, images[:64]), sparsity=0.7)
    magnitude = prune_network(whole, "magnitude", 0.7)
    unseen = capture(whole, images[64:72])
    for given in whole.layers:
        errors = [output_error(given, one.layer(given.name), unseen[given.name]) for one in (repaired, magnitude)]
        assert errors[0] < errors[1], given.name
    found = [evaluate(one, images[64:], labels[64:]).correct for one in (whole, repaired, magnitude)]
    print(f"correct of 136 at 70 %: dense {found[0]}, SparseGPT {found[1]}, magnitude {found[2]}")
    assert found[0] >= found[1] >= found[2] + 15
    assert sum((one.masked_weight() == 0).sum() for one in repaired.layers) == pytest.approx(
        0.7 * sum(one.n_weights for one in whole.layers), abs=20
    )
