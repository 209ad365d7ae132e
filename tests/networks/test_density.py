from itertools import pairwise

import numpy as np
import pytest

from sparsesim.errors import UnknownNameError
from sparsesim.networks import density_table, load_network
from sparsesim.networks.density import with_densities

# Han, Pool, Tran and Dally, NIPS 2015, Table 4: weights, FLOP, activation %, weight %, FLOP %.
ALEXNET = {
    "conv1": ("35K", "211M", 88, 84, 84),
    "conv2": ("307K", "448M", 52, 38, 33),
    "conv3": ("885K", "299M", 37, 35, 18),
    "conv4": ("663K", "224M", 40, 37, 14),
    "conv5": ("442K", "150M", 34, 37, 14),
    "fc6": ("38M", "75M", 36, 9, 3),
    "fc7": ("17M", "34M", 40, 9, 3),
    "fc8": ("4M", "8M", 100, 25, 10),
}
SCALE = {"K": 1e3, "M": 1e6}
# Table 5 there: FLOP % of the layers of VGG-16, in their order.
VGG16_FLOPS = (58, 12, 30, 29, 43, 16, 29, 21, 14, 15, 12, 9, 11, 1, 2, 9)


@pytest.fixture(scope="module")
def rows():
    return {row["layer"]: row for row in density_table(load_network("alexnet@pruned"))}


def as_published(value, published):
    """Whether a count prints as published; 663,552 was cut there, not rounded."""
    return value / SCALE[published[-1]] == pytest.approx(float(published[:-1]), abs=0.6)


@pytest.mark.parametrize("layer", sorted(ALEXNET))
def test_alexnet_layer_by_layer(rows, layer):
    weights, flops, activation, weight, _ = ALEXNET[layer]
    assert as_published(rows[layer]["weights"], weights)
    assert as_published(rows[layer]["flops"], flops)
    assert rows[layer]["activation_density"] == pytest.approx(activation / 100)
    assert rows[layer]["weight_density"] == pytest.approx(weight / 100)


@pytest.mark.parametrize("layer", sorted(ALEXNET))
def test_alexnet_operations_follow_weights_times_input_activations(rows, layer):
    # conv5: 37 % of 40 % is 14.8 %, printed as 14; the paper multiplied figures that it had not rounded.
    tolerance = 1.0 if layer == "conv5" else 0.5
    assert 100 * rows[layer]["flop_density"] == pytest.approx(ALEXNET[layer][4], abs=tolerance)


def test_alexnet_totals(rows):
    total = rows["total"]
    assert total["weights"] == 60_954_656
    assert round(total["flops"] / 1e9, 1) == 1.4  # published as 1.5 B; the rows add up to 1.449 B
    assert round(100 * total["weight_density"]) == 11
    assert round(100 * total["flop_density"]) == 30


def test_vgg16_operations_and_totals():
    *layers, total = density_table(load_network("vgg16@pruned"))
    # The paper multiplied figures that it had not rounded, so some products of rounded ones are 0.7 off.
    assert [100 * row["flop_density"] for row in layers] == pytest.approx(VGG16_FLOPS, abs=0.7)
    assert 100 * total["weight_density"] == pytest.approx(7.5, abs=0.15)
    assert round(100 * total["flop_density"]) == 21


@pytest.mark.parametrize("name", ["alexnet@pruned", "vgg16@pruned"])
def test_input_activations_are_the_outputs_of_the_layer_before(name):
    layers = load_network(name).layers
    for before, after in pairwise(layers):
        assert after.input_activation_density == before.output_activation_density


def test_a_mask_counts_before_the_published_density():
    network = load_network("alexnet@pruned").select("conv1")
    assert density_table(network)[0]["weight_density"] == 0.84
    mask = np.zeros((96, 3, 11, 11), bool)
    mask[:24] = True
    pruned = density_table(network.with_masks({"conv1": mask}))
    assert [row["weight_density"] for row in pruned] == [0.25, 0.25]


def test_densities_go_to_layers_by_pattern_and_the_later_pattern_counts():
    network = load_network("vgg16")
    changed = with_densities(network, {"*": {"weight_density": 0.5}, "fc*": {"weight_density": 0.1}})
    assert {layer.weight_density for layer in changed.select("conv*").layers} == {0.5}
    assert {layer.weight_density for layer in changed.select("fc*").layers} == {0.1}
    assert all(layer.weight_density is None for layer in network.layers)
    with pytest.raises(UnknownNameError, match="unknown layer pattern 'fd6': did you mean fc6"):
        with_densities(network, {"fd6": {"weight_density": 0.5}})


def test_without_any_density_everything_is_dense():
    total = density_table(load_network("vgg16"))[-1]
    assert (total["weight_density"], total["flop_density"]) == (1.0, 1.0)


def test_activation_products_have_operations_and_no_weights():
    rows = density_table(load_network("bert-base").select("encoder.0.scores"))
    assert rows[-1]["weights"] == 0
    assert rows[-1]["weight_density"] == 1.0
    assert rows[-1]["flops"] == 2 * 12 * 128 * 64 * 128
