"""Products on every design of a unit, in every format: right, bounded, counted, the same when asked again."""

import pytest

from sparsesim.errors import SparsesimError
from sparsesim.simulation import Simulator
from tests.fuzz import oracles
from tests.fuzz.hunting import Outcome
from tests.fuzz.strategies.machines import designs
from tests.fuzz.strategies.products import Product, products

pytestmark = pytest.mark.fuzz

CASES = 30_000
REPEATED_EVERY = 4


def check_product(case: Product) -> Outcome:
    """Refused in a line, or simulated with figures that can be true and a product that is."""
    if case.machine is None or case.op is None:
        return "refused"
    try:
        result = Simulator(case.machine).result(case.op)
    except SparsesimError as error:
        oracles.one_line(error)
        return "refused"
    oracles.figures(result, case.op, case.machine)
    if result.a_nnz % REPEATED_EVERY == 0:
        oracles.same(result, Simulator(case.machine).result(case.op))
    if not oracles.has_values(case.op.a.tensor):
        return "simulated"
    for call in case.machine.calls(case.op):
        unit = case.machine.only(call.kernel).unit
        oracles.product(unit.execute(call.op), case.op)
    return "simulated"


@pytest.mark.parametrize("name", designs())
def test_products(fuzz, name):
    fuzz("operations", -(-CASES // len(designs())), products(name), check_product)
