import pickle

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import Layer, Network, SyntheticWeights


def fc(name, source=None, shape=(4, 6)):
    source = SyntheticWeights(0) if source is None else source
    return Layer(name=name, kind="linear", weight_shape=shape, source=source, n_bias=shape[0])


def network(*layers, origin="synthetic"):
    return Network(name="net", layers=layers, weights_origin=origin, source="test")


def test_drawn_weights_are_visibly_labelled():
    assert network(fc("a")).label == "net (synthetic weights)"
    assert network(fc("a", np.ones((4, 6))), origin="imported").label == "net"
    with pytest.raises(InputError, match="draws its weights: its origin is not 'trained'"):
        network(fc("a"), origin="trained")


def test_totals():
    net = network(fc("a"), fc("b", shape=(3, 4)))
    assert net.n_params == 28 + 15
    assert net.macs == 24 + 12


def test_an_array_that_two_layers_share_counts_once():
    tied = np.ones((4, 6), np.float32)
    shared = network(fc("a", tied), fc("b", tied), origin="imported")
    apart = network(fc("a", tied), fc("b", tied.copy()), origin="imported")
    assert shared.n_params == 24 + 8
    assert apart.n_params == 48 + 8
    assert shared.macs == apart.macs == 48


def test_layers_are_found_by_name_and_pattern():
    net = network(fc("conv1"), fc("fc6"), fc("fc7"))
    assert net.layer("fc6").name == "fc6"
    assert [layer.name for layer in net.select("fc*").layers] == ["fc6", "fc7"]
    assert net.select("fc*").name == "net[fc*]"
    assert net.select("fc*").label == "net[fc*] (synthetic weights)"
    with pytest.raises(UnknownNameError, match="unknown layer 'fc5': did you mean"):
        net.layer("fc5")
    with pytest.raises(UnknownNameError, match=r"unknown layer pattern 'lstm\*'"):
        net.select("lstm*")


def test_masks_replace_only_what_they_name():
    net = network(fc("a"), fc("b"))
    half = np.arange(24).reshape(4, 6) % 2 == 0
    pruned = net.with_masks({"b": half})
    assert net.layer("b").mask is None
    assert pruned.layer("a").mask is None
    assert [row["density"] for row in pruned.table()] == [None, 0.5]
    assert pruned.without_masks().table() == net.table()
    with pytest.raises(UnknownNameError, match="unknown layer 'c'"):
        net.with_masks({"c": half})
    with pytest.raises(InputError, match="'a': mask is"):
        net.with_masks({"a": half.T})


def test_corrected_weights_keep_the_origin():
    changed = network(fc("a")).with_weights({"a": np.full((4, 6), 2.0)})
    assert changed.layer("a").weight().mean() == 2
    assert changed.label == "net (synthetic weights)"


def test_the_table_has_a_row_per_layer():
    (row,) = network(fc("a")).table()
    assert row["layer"] == "a"
    assert row["weight_shape"] == (4, 6)
    assert (row["n_weights"], row["n_bias"], row["macs"]) == (24, 4, 24)
    assert (row["M"], row["N"], row["K"], row["repeat"]) == (4, 1, 6, 1)


def test_impossible_networks_are_refused():
    with pytest.raises(InputError, match="no layer that multiplies"):
        network()
    with pytest.raises(InputError, match="two layers named 'a'"):
        network(fc("a"), fc("b"), fc("a"))


def test_a_network_travels_to_another_process():
    net = network(fc("a")).with_masks({"a": np.eye(4, 6) > 0})
    copy = pickle.loads(pickle.dumps(net))
    assert copy.table() == net.table()
    assert np.array_equal(copy.layer("a").masked_weight(), net.layer("a").masked_weight())
