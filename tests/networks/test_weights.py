import subprocess
import sys

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks.weights import DISTRIBUTIONS, SyntheticWeights


@pytest.mark.parametrize("distribution", sorted(DISTRIBUTIONS))
def test_every_distribution_has_the_stated_moments(distribution):
    weight = SyntheticWeights(3, distribution, std=0.25).draw("layer", (400, 500))
    assert weight.dtype == np.float32
    assert weight.shape == (400, 500)
    assert abs(weight.mean()) < 0.003
    assert weight.std() == pytest.approx(0.25, rel=0.02)


def test_tails_tell_the_distributions_apart():
    draws = {name: SyntheticWeights(0, name, std=1.0).draw("layer", (300, 300)) for name in DISTRIBUTIONS}
    kurtosis = {name: float(np.mean(draw.astype(float) ** 4)) for name, draw in draws.items()}
    assert kurtosis["uniform"] == pytest.approx(1.8, abs=0.1)
    assert kurtosis["normal"] == pytest.approx(3.0, abs=0.2)
    assert kurtosis["laplace"] == pytest.approx(6.0, abs=0.8)


def test_default_deviation_follows_he():
    weight = SyntheticWeights().draw("conv", (64, 32, 3, 3))
    assert weight.std() == pytest.approx(np.sqrt(2 / (32 * 9)), rel=0.02)


def test_values_depend_on_seed_and_layer_name_only():
    first = SyntheticWeights(1).draw("fc1", (4, 5))
    assert np.array_equal(first, SyntheticWeights(1).draw("fc1", (4, 5)))
    assert not np.array_equal(first, SyntheticWeights(2).draw("fc1", (4, 5)))
    assert not np.array_equal(first, SyntheticWeights(1).draw("fc2", (4, 5)))


def test_another_process_draws_the_same_values():
    code = (
        "from sparsesim.networks.weights import SyntheticWeights as S; print(S(1).draw('fc1', (4, 5)).tobytes().hex())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == SyntheticWeights(1).draw("fc1", (4, 5)).tobytes().hex()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"distribution": "norml"}, "did you mean normal"),
        ({"std": float("nan")}, "std"),
        ({"std": -1.0}, "std"),
        ({"seed": -1}, "seed"),
    ],
)
def test_impossible_descriptions_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        SyntheticWeights(**arguments)
