import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import BySparsity, Element, Filter, Pruner
from tests.pruning.weights import gaussian

LAYERS = {"small": gaussian((20, 30), 1) * 0.7, "conv": gaussian((8, 4, 3, 3), 2), "large": gaussian((30, 20), 3) * 1.5}


def sparsities(masks):
    return {name: 1 - mask.mean() for name, mask in masks.items()}


def test_per_layer_every_layer_has_the_sparsity():
    for name, sparsity in sparsities(Pruner(Element(), BySparsity(0.75)).masks(LAYERS)).items():
        assert sparsity == pytest.approx(0.75), name


def test_global_ranks_all_layers_together():
    masks = Pruner(Element(), BySparsity(0.75, "global")).masks(LAYERS)
    everything = np.concatenate([np.abs(weight).reshape(-1) for weight in LAYERS.values()])
    kept = np.concatenate([mask.reshape(-1) for mask in masks.values()])
    assert everything.size - kept.sum() == round(0.75 * everything.size)
    assert everything[kept].min() > everything[~kept].max()
    found = sparsities(masks)
    assert found["small"] > found["conv"] > found["large"]


def test_global_of_one_layer_is_per_layer():
    weight = LAYERS["conv"]
    for pattern in (Element(), Filter()):
        together = Pruner(pattern, BySparsity(0.5, "global")).mask(weight)
        np.testing.assert_array_equal(together, Pruner(pattern, BySparsity(0.5)).mask(weight))


def test_global_ties_go_to_the_earlier_layer():
    ones = {"b": np.ones((2, 2)), "a": np.ones((2, 2), np.float32)}
    masks = Pruner(Element(), BySparsity(0.5, "global")).masks(ones)
    assert masks["b"].all()
    assert not masks["a"].any()


def test_global_ranks_groups_of_different_layers():
    layers = {"a": np.array([[1.0, 1], [4, 4]]), "b": np.array([[2.0, 2], [3, 3]])}
    masks = Pruner(Filter(), BySparsity(0.5, "global"), "l1").masks(layers)
    assert masks["a"][:, 0].tolist() == [False, True]
    assert masks["b"][:, 0].tolist() == [False, True]


def test_global_counts_what_an_earlier_mask_dropped():
    layers = {"a": np.array([[9.0, 8, 7, 6]]), "b": np.array([[4.0, 3, 2, 1]])}
    frozen = {"a": np.array([[False, False, True, True]])}
    masks = Pruner(Element(), BySparsity(0.5, "global")).masks(layers, frozen=frozen)
    assert masks["a"].tolist() == [[False, False, True, True]]
    assert masks["b"].tolist() == [[True, True, False, False]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BySparsity(1.0), r"sparsity=1.0 must be a number in \[0, 1\)"),
        (lambda: BySparsity(-0.1), "sparsity=-0.1 must be"),
        (lambda: BySparsity(float("nan")), "sparsity=nan must be"),
        (lambda: BySparsity("0.5"), "sparsity='0.5' must be"),
        (lambda: BySparsity(0.5, "network"), "scope='network' must be 'row', 'layer' or 'global'"),
    ],
)
def test_amounts_out_of_range_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
