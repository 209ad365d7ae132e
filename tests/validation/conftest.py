"""References opened once for all tests of this folder."""

import pytest

from sparsesim.validation import REFERENCES, data_folder


@pytest.fixture(scope="session")
def opened(data_dir):
    """Every reference on the real data."""
    return {name: kind(data_dir, progress=lambda words: None) for name, kind in REFERENCES.items()}


@pytest.fixture(scope="session")
def sparch(opened):
    return opened["sparch"]


@pytest.fixture(scope="session")
def exact(sparch):
    """Names of the paper's own matrices that are there; all five, or the stated effects would differ."""
    names = sparch.groups.get("exact matrices", [])
    if set(names) != {"wiki-Vote", "facebook", "p2p-Gnutella31", "ca-CondMat", "poisson3Da"}:
        pytest.skip(f"the effects are stated for five matrices, found {', '.join(names) or 'none'}")
    return names


@pytest.fixture(scope="session")
def rows(sparch):
    return sparch.rows()


@pytest.fixture(scope="session")
def deep_compression():
    """On real data where there are some; the sizes of drawn weights need none."""
    return REFERENCES["deep-compression"](data_folder(), progress=lambda words: None)


@pytest.fixture(scope="session")
def deep_rows(deep_compression):
    return {(row.case, row.metric): row for row in deep_compression.rows()}
