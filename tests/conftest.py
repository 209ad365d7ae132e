"""Fixtures that every test folder may use."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real matrices and networks, beside the checkout or named by SPARSESIM_DATA."""
    folder = Path(os.environ.get("SPARSESIM_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not present at {folder} (set SPARSESIM_DATA to its folder)")
    return folder
