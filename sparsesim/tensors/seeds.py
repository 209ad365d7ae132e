"""Random numbers by seed."""

import numpy as np

from sparsesim.errors import InputError


def seeded(seed: int) -> np.random.Generator:
    """NumPy's generator; InputError for what cannot be a seed."""
    try:
        return np.random.default_rng(seed)
    except (ValueError, TypeError):
        raise InputError(f"seed {seed!r}: must be a whole number that is not negative") from None
