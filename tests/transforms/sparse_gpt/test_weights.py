import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import NM
from sparsesim.transforms.sparse_gpt import input_hessian, sparse_gpt
from tests.pruning.weights import gaussian


def correlated(samples, width, seed):
    """Inputs of unequal size that depend on each other, as those of a trained network do."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((samples, width)) @ rng.standard_normal((width, width)) / np.sqrt(width)
    return (mixed + rng.standard_normal((samples, 1))) * rng.lognormal(sigma=0.7, size=width)


def damped(inputs, damping=0.01):
    hessian = 2 * inputs.T @ inputs
    return hessian + damping * np.mean(np.diag(hessian)) * np.eye(len(hessian))


def trailing_inverses(hessian):
    """The inverse of H over the columns that are left, by striking out one column after the other."""
    inverse = np.linalg.inv(hessian)
    while len(inverse):
        yield inverse
        inverse = (inverse - np.outer(inverse[:, 0], inverse[0]) / inverse[0, 0])[1:, 1:]


def textbook(weight, hessian, choose, step):
    """Optimal brain surgeon, one column at a time; `choose` sees the costs of `step` columns when they are reached."""
    inverses = list(trailing_inverses(hessian))
    costs_of = np.array([inverse[0, 0] for inverse in inverses])
    weight, mask = weight.astype(np.float64), np.ones(weight.shape, dtype=bool)
    for column, inverse in enumerate(inverses):
        if column % step == 0:
            span = slice(column, column + step)
            mask[:, span] = choose(weight[:, span] ** 2 / costs_of[span])
        for row in np.flatnonzero(~mask[:, column]):
            weight[row, column:] -= weight[row, column] / inverse[0, 0] * inverse[0]
    return mask, weight * mask


def two_of_four(costs):
    ranks = np.argsort(np.argsort(-costs, axis=1, kind="stable"), axis=1)
    return ranks < 2


def half_of_all(costs):
    kept = np.zeros(costs.size, dtype=bool)
    kept[np.argsort(-costs, axis=None, kind="stable")[: costs.size // 2]] = True
    return kept.reshape(costs.shape)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("block", [4, 8, 16, 128])
def test_masks_and_weights_are_those_of_the_textbook(seed, block):
    weight, inputs = gaussian((6, 24), seed, np.float64), correlated(60, 24, seed)
    found = sparse_gpt(weight, inputs=inputs, pattern=NM(2, 4), block=block)
    for ours, expected in zip(found, textbook(weight, damped(inputs), two_of_four, 4), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
    found = sparse_gpt(weight, inputs=inputs, sparsity=0.5, block=block)
    for ours, expected in zip(found, textbook(weight, damped(inputs), half_of_all, block), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


def test_what_follows_is_the_least_squares_answer():
    """Where only the first columns of a row go, the later ones are optimal given what is left."""
    inputs = correlated(50, 12, 3)
    weight = gaussian((4, 12), 4, np.float64) + 50
    weight[:, :5] = 1e-3 * gaussian((4, 5), 5, np.float64)
    mask, repaired = sparse_gpt(weight, inputs=inputs, sparsity=5 / 12)
    assert not mask[:, :5].any()
    assert mask[:, 5:].all()
    hessian = damped(inputs)
    shift = np.linalg.solve(hessian[5:, 5:], hessian[5:, :5] @ weight[:, :5].T).T
    np.testing.assert_allclose(repaired[:, 5:], weight[:, 5:] + shift, rtol=1e-9)


def output_error(inputs, weight, other):
    return np.linalg.norm(inputs @ (weight - other).T)


@pytest.mark.parametrize("seed", range(3))
def test_outputs_suffer_less_than_under_magnitude_and_wanda(seed):
    weight, inputs = gaussian((48, 64), seed, np.float64), correlated(256, 64, seed)
    norms = np.linalg.norm(inputs, axis=0)
    for amount, groups in (({"sparsity": 0.5}, (48, 1, 64)), ({"pattern": NM(2, 4)}, (48, 16, 4))):
        errors = []
        for scores in (np.abs(weight), np.abs(weight) * norms):
            grouped = scores.reshape(groups)
            kept = grouped >= np.median(grouped, axis=2, keepdims=True)
            errors.append(output_error(inputs, weight, weight * kept.reshape(weight.shape)))
        ours = output_error(inputs, weight, sparse_gpt(weight, inputs=inputs, **amount).weight)
        assert ours < 0.8 * errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize("sparsity", [0, 0.3, 0.77, 0.99])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_counts_are_exact_and_zeros_are_where_the_mask_says(sparsity, dtype):
    weight = gaussian((7, 33), 1, dtype)
    mask, repaired = sparse_gpt(weight, inputs=correlated(40, 33, 1), sparsity=sparsity, block=10)
    assert np.count_nonzero(~mask) == round(sparsity * weight.size)
    assert repaired.dtype == dtype
    assert not repaired[~mask].any()
    if sparsity == 0:
        np.testing.assert_array_equal(repaired, weight)


def test_a_tail_keeps_its_share_and_a_hessian_may_be_summed_over_batches():
    weight, inputs = gaussian((5, 30), 2), correlated(80, 30, 2)
    mask, repaired = sparse_gpt(weight, inputs=inputs, pattern=NM(1, 4))
    assert (mask[:, :28].reshape(5, 7, 4).sum(axis=2) == 1).all()
    assert (mask[:, 28:].sum(axis=1) == 1).all()
    summed = input_hessian(inputs[:30]) + input_hessian(inputs[30:])
    np.testing.assert_allclose(sparse_gpt(weight, hessian=7 * summed, pattern=NM(1, 4)).weight, repaired, rtol=1e-5)


def test_inputs_that_are_always_zero_go_first_and_disturb_nothing():
    inputs, weight = correlated(50, 16, 6), gaussian((8, 16), 6, np.float64)
    dead = np.array([1, 6, 7, 12])
    inputs[:, dead] = 0
    alive = np.setdiff1d(np.arange(16), dead)
    mask, repaired = sparse_gpt(weight, inputs=inputs, sparsity=0.5)
    assert not mask[:, dead].any()
    few = sparse_gpt(weight[:, alive], inputs=inputs[:, alive], sparsity=1 / 3, damping=0.01 * 12 / 16)
    np.testing.assert_allclose(repaired[:, alive], few.weight, rtol=1e-9, atol=1e-12)
    kept = sparse_gpt(weight, inputs=np.zeros((3, 16)), sparsity=0.5)
    np.testing.assert_array_equal(kept.weight, weight * kept.mask)


def test_a_convolution_is_its_lowered_matrix():
    weight = gaussian((6, 4, 3, 3), 7)
    inputs = correlated(90, 36, 7)
    mask, repaired = sparse_gpt(weight, inputs=inputs, pattern=NM(2, 4))
    matrix = weight.transpose(0, 2, 3, 1).reshape(6, 36)
    flat = sparse_gpt(matrix, inputs=inputs, pattern=NM(2, 4))
    np.testing.assert_array_equal(repaired.transpose(0, 2, 3, 1).reshape(6, 36), flat.weight)
    assert (mask.sum(axis=1) == 2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": None}, "either inputs"),
        ({"inputs": np.ones((3, 5))}, "the weights have 8 columns, the Hessian is"),
        ({"inputs": np.full((3, 8), np.nan)}, "NaN"),
        ({"inputs": np.ones(8)}, "expected numbers"),
        ({"sparsity": None}, "sparsity=None"),
        ({"sparsity": 1.0}, "sparsity=1.0"),
        ({"pattern": NM(2, 4)}, "not both"),
        ({"damping": 0}, "singular"),
        ({"block": 0}, "block=0"),
    ],
)
def test_faults_are_named(change, message):
    arguments = {"inputs": correlated(4, 8, 0), "sparsity": 0.5} | change
    with pytest.raises(InputError, match=message):
        sparse_gpt(gaussian((4, 8)), **arguments)
