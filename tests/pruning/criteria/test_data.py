"""Criteria that look at more than the weights."""

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import BySparsity, Element, Pruner, input_norm, pruner_by_name
from tests.pruning.weights import gaussian


def test_input_norm_is_the_root_mean_square_over_samples():
    assert input_norm(np.array([[3.0, 0, 1], [4, 0, -1]])).tolist() == pytest.approx([np.sqrt(12.5), 0, 1])
    with pytest.raises(InputError, match=r"at least one sample, found shape \(0, 3\)"):
        input_norm(np.empty((0, 3)))


def test_wanda_compares_within_each_output_row():
    weight = np.array([[1.0, -2, 3, 4], [10, 20, 30, 40]])
    norms = np.array([9.0, 1, 1, 1])
    mask = pruner_by_name("wanda", 0.5).mask(weight, data=norms)
    assert mask.tolist() == [[True, False, False, True], [True, False, False, True]]


def test_wanda_as_its_authors_wrote_it():
    weight, samples = gaussian((7, 12), 1), gaussian((30, 12), 2) * np.arange(1, 13)
    metric = np.abs(weight) * np.sqrt((samples**2).sum(axis=0) / 30)
    order = np.argsort(metric, axis=1, kind="stable")
    expected = np.ones(weight.shape, bool)
    np.put_along_axis(expected, order[:, :6], False, axis=1)
    np.testing.assert_array_equal(pruner_by_name("wanda", 0.5).mask(weight, data=input_norm(samples)), expected)


def test_a_grouped_convolution_has_inputs_of_its_own_in_every_group():
    weight = np.ones((4, 1, 1, 2))
    norms = np.array([1.0, 2, 4, 3])  # two groups of two columns
    mask = pruner_by_name("wanda", 0.5).mask(weight, data=norms)
    assert mask.reshape(4, 2).tolist() == [[False, True]] * 2 + [[True, False]] * 2


def test_input_norms_follow_the_lowered_columns():
    weight = np.ones((1, 2, 1, 2))
    norms = np.array([1.0, 2, 3, 4])  # (kw 0, c 0), (kw 0, c 1), (kw 1, c 0), (kw 1, c 1)
    mask = pruner_by_name("wanda", 0.25).mask(weight, data=norms)
    assert mask.tolist() == [[[[False, True]], [[True, True]]]]


def test_taylor_drops_what_changes_the_loss_least():
    weight, gradient = np.array([[1.0, 2, -3, 4]]), np.array([[4.0, -1, 0, 0.25]])
    assert pruner_by_name("taylor", 0.5).mask(weight, data=gradient).tolist() == [[True, True, False, False]]


def test_random_masks_depend_on_the_seed_and_the_layer_alone():
    first = pruner_by_name("random", 0.5)
    weight = gaussian((20, 30))
    np.testing.assert_array_equal(first.mask(weight), first.mask(weight * 7 - 1))
    other = pruner_by_name("random", 0.5, criterion="random-1")
    assert 0.3 < (first.mask(weight) != other.mask(weight)).mean() < 0.7
    masks = first.masks({"a": weight, "b": weight})
    assert 0.3 < (masks["a"] != masks["b"]).mean() < 0.7
    assert abs(np.corrcoef(first.mask(weight).reshape(-1), np.abs(weight).reshape(-1))[0, 1]) < 0.1


def test_importances_may_be_given():
    scores = np.array([[3, 1, 2, 0]])
    mask = Pruner(Element(), BySparsity(0.5), "importance").mask(np.ones((1, 4)), data=scores)
    assert mask.tolist() == [[True, False, True, False]]


WEIGHT = np.ones((2, 4))


@pytest.mark.parametrize(
    ("criterion", "data", "message"),
    [
        ("wanda", None, "criterion 'wanda' needs the input_norm of layer 'fc'"),
        ("taylor", None, "criterion 'taylor' needs the gradient of layer 'fc'"),
        ("importance", None, "needs the importance of layer 'fc'"),
        ("l2", np.ones(4), "criterion 'l2' looks at the weights alone and takes no data"),
        ("wanda", np.ones(3), r"input_norm of 'fc' has shape \(3,\): expected \(4,\)"),
        ("wanda", np.ones(12), r"input_norm of 'fc' has shape \(12,\)"),  # 2 rows are not 3 groups
        ("wanda", -np.ones(4), "input_norm of 'fc' contains -1: it must be at least 0"),
        ("wanda", np.full(4, np.nan), "input_norm of 'fc' contains NaN or infinity"),
        ("wanda", np.array(["a"] * 4), "input_norm of 'fc' is <U1: expected numbers"),
        ("taylor", np.ones((4, 2)), r"gradient of 'fc' has shape \(4, 2\): expected \(2, 4\)"),
        ("taylor", np.full((2, 4), np.inf), "gradient of 'fc' contains NaN or infinity"),
        ("importance", -np.ones((2, 4)), "importance of 'fc' contains -1"),
    ],
)
def test_data_that_is_missing_or_does_not_fit_is_refused(criterion, data, message):
    with pytest.raises(InputError, match=message):
        Pruner(Element(), BySparsity(0.5), criterion).mask(WEIGHT, layer="fc", data=data)


def test_data_of_an_unknown_layer_is_refused():
    with pytest.raises(UnknownNameError, match="unknown layer in data 'fd'"):
        pruner_by_name("wanda", 0.5).masks({"fc": WEIGHT}, data={"fc": np.ones(4), "fd": np.ones(4)})
