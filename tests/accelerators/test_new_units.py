"""Two units that do not ship, each written with the interface alone: what a newcomer can add without touching engines.

`MultiplyThenMerge` has two phases on different numbers of units. `Cached` has a cache whose reads are priced apart.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import pytest

from sparsesim.accelerators import Accelerator
from sparsesim.accelerators.arithmetic import shares
from sparsesim.accelerators.unpacking import packed_values
from sparsesim.engines import ENGINES, run_schedule
from sparsesim.formats import Csr
from sparsesim.hardware import Kernel, load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.schedule import Phase, Schedule
from sparsesim.simulation import simulate
from sparsesim.tensors import SparseMatrix
from sparsesim.tensors.generators import uniform

TABLE = load_energy_table("horowitz-45nm")
ELEMENT_BYTES = 12


class MultiplyThenMerge(Accelerator):
    """Every column of A times its row of B goes to DRAM, and is read again and merged by fewer units."""

    kind: Literal["multiply_then_merge"] = "multiply_then_merge"
    multipliers: int = 4
    mergers: int = 2

    native: ClassVar = frozenset({Csr})
    native_b: ClassVar = native

    def natural_format(self, density: float, dtype: str) -> str:
        return "csr"

    def work(self, op) -> int:
        return op.effectual_macs

    def plan(self, op, work: Any = None) -> Schedule:
        products = self.work(op) if work is None else work
        partial = ELEMENT_BYTES * products
        steps = max(1, op.k)
        read = {"A": op.a.size.size_bytes, "B": op.b.size.size_bytes}
        multiply = Phase(
            fetch_bytes=shares(sum(read.values()), steps),
            compute_cycles=shares(products, steps),
            write_bytes=shares(partial, steps),
            units=self.multipliers,
            fetch_slots=2,
            write_slots=2,
            name="multiply",
        )
        merge = Phase(
            fetch_bytes=shares(partial, op.m),
            compute_cycles=shares(products, op.m),
            write_bytes=shares(partial, op.m),
            units=self.mergers,
            fetch_slots=2,
            write_slots=2,
            name="merge",
        )
        return Schedule(
            phases=(multiply, merge),
            actions={"mult_fp64": products, "index_add": packed_values(op.a, self.native)},
            dram_bytes={**read, "partial": 2 * partial, "C": partial},
            repeat=op.repeat,
        )

    def execute(self, op) -> SparseMatrix:
        return SparseMatrix.from_scipy(op.a.tensor.to_scipy() @ op.b.tensor.to_scipy())


class Cached(MultiplyThenMerge):
    """The same in one phase, with partial sums in a cache."""

    kind: Literal["cached"] = "cached"  # type: ignore[assignment]

    def plan(self, op, work: Any = None) -> Schedule:
        products = self.work(op) if work is None else work
        read, written = {"A": op.a.size.size_bytes, "B": op.b.size.size_bytes}, ELEMENT_BYTES * products
        phase = Phase(
            fetch_bytes=shares(sum(read.values()), op.m),
            compute_cycles=shares(products, op.m),
            write_bytes=shares(written, op.m),
            units=self.multipliers,
            fetch_slots=2,
            write_slots=2,
        )
        bits = 8 * ELEMENT_BYTES * products
        return Schedule(
            phases=(phase,),
            actions={
                "mult_fp64": products,
                "fiber_cache.sram_read_bits": bits,
                "row_buffer.sram_read_bits": bits,
            },
            dram_bytes={**read, "C": written},
        )


def machine_with(unit):
    return load_machine("sparch").model_copy(update={"accelerator": Kernel.model_construct(unit=unit)})


@pytest.fixture
def op():
    a = uniform(30, 40, 0.1, 0)
    return matmul_op(a, a.transposed, "csr", "fp64")


def test_a_unit_of_two_phases_runs_on_every_engine(op):
    machine = machine_with(MultiplyThenMerge(macs_per_cycle={"fp64": 4}))
    cycles = {engine: simulate(op, machine, TABLE, engine=engine).cycles for engine in ENGINES}
    assert cycles["fast"] == cycles["event"]
    assert cycles["lower-bound"] <= cycles["fast"] <= cycles["upper-bound"]
    # Four multipliers, then two mergers: neither phase can hide behind the other.
    assert cycles["fast"] >= op.effectual_macs / 4 + op.effectual_macs / 2


def test_phases_are_repeated_one_after_the_other(op):
    from dataclasses import replace

    machine = machine_with(MultiplyThenMerge(macs_per_cycle={"fp64": 4}))
    once, thrice = (simulate(replace(op, repeat=repeat), machine, TABLE) for repeat in (1, 3))
    assert thrice.cycles == 3 * once.cycles
    assert thrice.counts["mult_fp64"] == 3 * once.counts["mult_fp64"] == 3 * op.effectual_macs


def test_its_dram_energy_follows_from_its_steps(op):
    result = simulate(op, machine_with(MultiplyThenMerge(macs_per_cycle={"fp64": 4})), TABLE)
    entry = TABLE.actions["dram_read_bits"]
    assert result.energy_pj["dram"] == pytest.approx(8 * sum(result.dram_bytes.values()) * entry.pj / entry.per)


def test_a_cache_is_priced_by_its_own_entry_where_the_table_has_one(op):
    counts = run_schedule(Cached(macs_per_cycle={"fp64": 4}).plan(op), machine_with(Cached(macs_per_cycle={"fp64": 4})))
    sram = TABLE.actions["sram_read_bits"]
    dear = sram.model_copy(update={"pj": 10 * sram.pj})
    priced = TABLE.model_copy(update={"actions": {**TABLE.actions, "fiber_cache.sram_read_bits": dear}})
    machine = machine_with(Cached(macs_per_cycle={"fp64": 4}))
    plain, own = (simulate(op, machine, table).energy_pj["sram"] for table in (TABLE, priced))
    each = counts.actions["fiber_cache.sram_read_bits"] * sram.pj / sram.per
    assert plain == pytest.approx(2 * each)
    assert own == pytest.approx(11 * each)


def test_a_plan_cannot_state_its_dram_actions(op):
    phase = Phase(np.array([8]), np.array([1]), np.array([0]), units=1, fetch_slots=1, write_slots=1)
    for name in ("dram_read_bits", "hbm.dram_write_bits"):
        with pytest.raises(ValueError, match=f"{name} follows from the bytes"):
            Schedule(phases=(phase,), actions={name: 64}, dram_bytes={"A": 8})
