"""Fast code against the definitions beside it: engines, kernels of units, sizes of formats, masks."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.accelerators.condensed_outer_product.definition.merging import (
    condensed_leaves,
    merge_by_sets,
    raw_leaves,
)
from sparsesim.accelerators.gather_spmv import kernels as gather
from sparsesim.accelerators.gather_spmv import reference as gather_reference
from sparsesim.accelerators.tensor_core import kernels as tiles
from sparsesim.accelerators.tensor_core import reference as tiles_reference
from sparsesim.accelerators.vector_spmm import kernels as vectors
from sparsesim.accelerators.vector_spmm import reference as vectors_reference
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines.analytic import lower_cycles, upper_cycles
from sparsesim.engines.event import event_cycles
from sparsesim.engines.fast import fast_cycles, fast_path
from sparsesim.engines.timed import TimedSchedule
from sparsesim.errors import SparsesimError
from sparsesim.formats import format_by_name
from sparsesim.formats import reference as formats_reference
from sparsesim.matmul import matmul_op
from sparsesim.pruning import pruner_by_name
from sparsesim.pruning import reference as pruning_reference
from sparsesim.simulation import Simulator
from sparsesim.tensors import SparseMatrix
from tests.fuzz import oracles
from tests.fuzz.hunting import Outcome
from tests.fuzz.strategies.machines import designs
from tests.fuzz.strategies.operands import arrays
from tests.fuzz.strategies.products import Product, products
from tests.fuzz.strategies.schedules import timed_schedules

pytestmark = pytest.mark.fuzz

CASES = 20_000
TIMED, ON_MACHINES, OF_UNITS = 8_000, 4_000, 8_000
ALL = ("lower-bound", "fast", "event", "upper-bound")
LONGEST_EVENT_STEPS = 400
"""Steps of a plan beyond which the definition would take too long."""


def check_schedule(case: TimedSchedule) -> Outcome:
    """The fast engine equals the definition to the cycle, in and between the bounds; its path adds up."""
    fast = fast_cycles(case)
    oracles.expect(fast == event_cycles(case), f"fast {fast}, event {event_cycles(case)} cycles")
    low, high = lower_cycles(case), upper_cycles(case)
    oracles.expect(low <= fast <= high, f"{fast} cycles are not within {low} and {high}")
    paths = [fast_path(phase) for phase in case.phases]
    oracles.expect(min(min(path) for path in paths) >= 0, f"a negative part in {paths}")
    oracles.expect(case.rounds * sum(path.cycles for path in paths) == fast, f"{paths} do not add up to {fast}")
    return "simulated"


def check_engines(case: Product) -> Outcome:
    """Engines differ in time alone, and in the order that their names promise."""
    if case.machine is None or case.op is None:
        return "refused"
    unit = case.machine.unit
    try:
        plan = unit.plan(case.machine.calls(case.op)[0].op)
        if plan.steps * plan.repeat > LONGEST_EVENT_STEPS:
            return "refused"
        results = [Simulator(case.machine, engine=engine).result(case.op) for engine in ALL]
    except SparsesimError as error:
        oracles.one_line(error)
        return "refused"
    cycles = [result.cycles for result in results]
    oracles.expect(cycles == sorted(cycles), f"cycles of {ALL} are {cycles}")
    oracles.expect(cycles[1] == cycles[2], f"fast {cycles[1]}, event {cycles[2]} cycles")
    for result in results:
        timeless = replace(result, **{name: getattr(results[0], name) for name in _OF_TIME})
        oracles.same(timeless, results[0])
    return "simulated"


_OF_TIME = (
    "cycles",
    "seconds",
    "time_s",
    "energy_pj",
    "bottleneck",
    "utilisation",
    "bandwidth_utilisation",
    "power_w",
    "details",
)


def merging(draw: st.DrawFn) -> None:
    """Rounds, partial products and loads of the merge tree against sets of positions."""
    a = SparseMatrix.from_dense(draw(arrays(largest=12)))
    b = SparseMatrix.from_dense(draw(arrays(rows=a.shape[1], largest=12)))
    ways, condensing, huffman = draw(st.integers(2, 9)), draw(st.booleans()), draw(st.booleans())
    ties = draw(st.sampled_from(("introsort", "stable", "right_to_left")))
    leaves = condensed_leaves(a, ties if huffman else None) if condensing else raw_leaves(a, longest_first=huffman)
    wanted = merge_by_sets(leaves, b, ways, huffman)
    unit = CondensedOuterProduct(merge_ways=ways, condensing=condensing, huffman=huffman, tie_order=ties)
    op = matmul_op(a, b, "csr", "fp64")
    found = unit.plan(replace(op, b=replace(op.b, format=format_by_name("csr")))).details
    expected = (wanted.rounds, 2 * wanted.stored, wanted.layer_loads, wanted.nnz)
    names = ("merge_rounds", "partial_elements", "merge_layer_loads", "nnz_c")
    _equal(tuple(found[name] for name in names), expected)


def gathering(draw: st.DrawFn) -> None:
    """Entries and sectors of rows, and the multiprocessor of each block."""
    matrix = SparseMatrix.from_dense(draw(arrays()))
    gap_bits, lane, sector = draw(st.integers(0, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 16))
    found = gather.entries_and_sectors(matrix.indptr, matrix.indices, gap_bits, lane, sector)
    rows = [np.flatnonzero(row).tolist() for row in matrix.to_array()]
    wanted = [gather_reference.entries_and_sectors(row, gap_bits, gather.LANES, lane, sector) for row in rows]
    _equal(list(zip(*(counts.tolist() for counts in found), strict=True)), wanted)
    entries = np.diff(matrix.indptr)
    if len(entries):
        shape = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 8))
        slots = gather.block_slots(entries, *shape)
        wanted_slots = gather_reference.block_slots(entries.tolist(), *shape)
        _equal(list(zip(*(each.tolist() for each in slots), strict=True)), wanted_slots)


def vectorising(draw: st.DrawFn) -> None:
    """Columns of bands, first touches and residents of a scheduler."""
    matrix = SparseMatrix.from_dense(draw(arrays()))
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    pointers, columns = vectors.vector_columns(matrix.indptr, matrix.indices, matrix.shape[1], height, width)
    wanted = vectors_reference.vector_columns(matrix, height, width)
    _equal([set(columns[first:last].tolist()) for first, last in pairwise(pointers)], wanted)
    work = np.diff(pointers).astype(np.int64)
    arguments = (draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.integers(0, 50)), draw(st.integers(0, 200)))
    found = tuple(array.tolist() for array in vectors.resident_ticks(work, *arguments))
    _equal(found, vectors_reference.resident_ticks(work.tolist(), *arguments))


def tiling(draw: st.DrawFn) -> None:
    """Bytes that tiles fetch past an L2 of any size."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(0, 8)), draw(st.integers(0, 8))
    a, b = random.integers(0, 40, rows), random.integers(0, 40, columns)
    wave, capacity, band = draw(st.integers(1, 12)), draw(st.integers(1, 200)), draw(st.integers(1, 5))
    found = tiles.panel_fetches(rows, columns, wave, capacity, a, b, band)
    wanted = tiles_reference.panel_fetches(rows, columns, wave, capacity, a.tolist(), b.tolist(), band)
    _equal(np.asarray(found).tolist(), np.asarray(wanted).tolist())


def sizing(draw: st.DrawFn) -> None:
    """Stored values of formats that pad, counted in the dense matrix."""
    dense = draw(arrays(largest=17))
    matrix, fp16 = SparseMatrix.from_dense(dense), dtype_by_name("fp16")
    height, width, bits = draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    wanted = {
        f"bsr-{height}x{width}": formats_reference.occupied_blocks(dense, height, width) * height * width,
        "ell": formats_reference.longest_row(dense) * dense.shape[0],
        f"rle-{bits}": matrix.nnz + formats_reference.run_padding(dense, bits),
        f"gaps-{bits}": matrix.nnz + formats_reference.row_gap_padding(dense, bits),
        f"relative-{bits}": matrix.nnz + formats_reference.gap_padding(dense, bits),
    }
    _equal({name: format_by_name(name).size(matrix, fp16).stored_values for name in wanted}, wanted)


def pruning(draw: st.DrawFn) -> None:
    """Masks of fixed patterns."""
    dense = draw(arrays())
    keep, of = sorted((draw(st.integers(1, 8)), draw(st.integers(1, 8))))
    found = pruner_by_name(f"{keep}:{of}").mask(dense)
    _equal(found.tolist(), pruning_reference.n_of_m(dense, keep, of).tolist())


UNITS = {each.__name__: each for each in (merging, gathering, vectorising, tiling, sizing, pruning)}


def _equal(found: Any, wanted: Any) -> None:
    oracles.expect(found == wanted, f"found {found}, the definition has {wanted}")


def check_unit(case: tuple[str, st.DataObject]) -> Outcome:
    """A kernel against its definition, on what the data draws."""
    name, data = case
    UNITS[name](data.draw)
    return "simulated"


def test_schedules(fuzz):
    fuzz("engines", TIMED, timed_schedules(), check_schedule)


@pytest.mark.parametrize("name", designs())
def test_engines_on_machines(fuzz, name):
    fuzz("engines", -(-ON_MACHINES // len(designs())), products(name), check_engines)


@pytest.mark.parametrize("name", UNITS)
def test_kernels_of_units(fuzz, name):
    fuzz("engines", -(-OF_UNITS // len(UNITS)), st.tuples(st.just(name), st.data()), check_unit)
