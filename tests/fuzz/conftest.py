"""The fixture that runs a group of fuzzed cases."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.fuzz.hunting import Tally, drawn, hunt
from tests.fuzz.memory import bounded_address_space
from tests.fuzz.table import PROPERTY


@pytest.fixture
def fuzz(request: pytest.FixtureRequest, record_property: Callable[[str, Any], None]) -> Iterator[Callable[..., None]]:
    """`fuzz(group, cases, strategy, check)`: hunts for so many cases in the long profile."""
    tallies: list[Tally] = []
    seed = f"{request.config.option.hypothesis_seed or 0} {request.node.name}"

    def run(group: str, cases: int, strategy: Any, check: Any) -> None:
        tally = Tally(group)
        tallies.append(tally)
        with bounded_address_space():
            hunt(strategy, check, drawn(cases), tally, seed)

    yield run
    for tally in tallies:
        record_property(PROPERTY, asdict(tally))
