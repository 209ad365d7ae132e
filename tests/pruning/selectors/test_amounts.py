import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import BySigma, BySparsity, ByThreshold, Element, Filter, Pruner
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


def test_a_weight_at_the_threshold_is_dropped():
    weight = np.array([[0.5, -0.5, 0.500001, -0.6, 0, 0.25]])
    assert Pruner(Element(), ByThreshold(0.5)).mask(weight).tolist() == [[False, False, True, True, False, False]]
    assert Pruner(Element(), ByThreshold(0)).mask(weight).tolist() == [[True, True, True, True, False, True]]


@pytest.mark.parametrize(("s", "zeros"), [(0.5, 0.383), (1.0, 0.683), (1.5, 0.866), (2.0, 0.954)])
def test_sigma_of_gaussian_weights(s, zeros):
    mask = Pruner(Element(), BySigma(s)).mask(gaussian((300, 400)) * 0.03)
    assert 1 - mask.mean() == pytest.approx(zeros, abs=0.005)


def test_sigma_is_taken_from_the_dense_weight():
    dense = gaussian((30, 40))
    pruner = Pruner(Element(), BySigma(1.0))
    mask = pruner.mask(dense)
    masked = dense * mask
    np.testing.assert_array_equal(pruner.mask(masked, dense=dense), mask)
    assert pruner.mask(masked * 0.5, dense=dense).sum() < mask.sum()
    np.testing.assert_array_equal(mask, np.abs(dense) > dense.std(dtype=np.float64))


def test_sigma_differs_from_layer_to_layer():
    for mask in Pruner(Element(), BySigma(1.0)).masks(LAYERS).values():
        assert 1 - mask.mean() == pytest.approx(0.683, abs=0.08)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BySparsity(1.0), r"sparsity=1.0 must be a number in \[0, 1\)"),
        (lambda: BySparsity(-0.1), "sparsity=-0.1 must be"),
        (lambda: BySparsity(float("nan")), "sparsity=nan must be"),
        (lambda: BySparsity("0.5"), "sparsity='0.5' must be"),
        (lambda: BySparsity(0.5, "network"), "scope='network' must be 'row', 'layer' or 'global'"),
        (lambda: ByThreshold(-1), "threshold=-1 must be"),
        (lambda: ByThreshold(float("inf")), "threshold=inf must be"),
        (lambda: BySigma(float("nan")), "s=nan must be"),
    ],
)
def test_amounts_out_of_range_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
