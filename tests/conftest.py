"""Fixtures that every test folder may use."""

import os
import secrets
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.fuzz.table import print_fuzzed_cases

REPOSITORY = Path(__file__).resolve().parent.parent

settings.register_profile("long", deadline=None, database=None, print_blob=True)


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


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    # Here, because a run on several processes reads no other conftest in the one that prints.
    print_fuzzed_cases(terminalreporter, config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A long run of the fuzz suite draws other cases every time, and prints the seed that draws them again."""
    if config.getoption("--hypothesis-profile", None) == "long" and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))
