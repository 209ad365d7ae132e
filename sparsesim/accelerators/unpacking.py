"""Units with a decoder between DRAM and the array, which unpacks formats that the array does not read."""

from dataclasses import replace

import numpy as np

from sparsesim.accelerators.interface import Accelerator
from sparsesim.formats import Format
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.quantities import Count
from sparsesim.schedule import Schedule


class Unpacking(Accelerator):
    """A unit that unpacks operands on the way, at a rate of its own.

    The decoder works beside the array, one value after the other, so a product takes at least as long as unpacking its
    operands does. Every stored value costs a 32-bit index addition (assumed: a running position per fiber).

    Attributes:
        unpack_values_per_cycle: stored values, padding zeros included, that the decoder emits per cycle.
    """

    unpack_values_per_cycle: Count = 16

    def unpacks(self, op: MatmulOp) -> bool:
        """Every format, for number types that the unit has."""
        return op.a.dtype.name in self.macs_per_cycle

    def behind_decoder(self, schedule: Schedule, values: int) -> Schedule:
        """The schedule with the time and the additions that unpacking `values` stored values takes.

        Where the decoder is slower than the array, every step is stretched alike and waits for nothing but unpacking.
        """
        needed = -(-values // self.unpack_values_per_cycle)
        busy = sum(int(phase.compute_cycles.sum()) for phase in schedule.phases)
        actions = {**schedule.actions, "index_add": schedule.actions.get("index_add", 0) + values}
        if needed <= busy:  # nothing to unpack, or hidden behind the array
            return replace(schedule, actions=actions)
        # Running sums are rounded, not steps, so that the steps add up to the cycles of the decoder.
        work = np.concatenate([phase.compute_cycles for phase in schedule.phases]).astype(np.float64)
        done = np.cumsum(work if busy else np.ones_like(work))
        stretched = np.diff(np.rint(done * (needed / done[-1])).astype(np.int64), prepend=np.int64(0))
        ends = np.cumsum([phase.steps for phase in schedule.phases])[:-1]
        phases = tuple(
            replace(phase, compute_cycles=cycles, resources={"unpacking": int(cycles.sum())})
            for phase, cycles in zip(schedule.phases, np.split(stretched, ends), strict=True)
        )
        return replace(schedule, phases=phases, actions=actions)


def packed_values(operand: Operand, native: frozenset[type[Format]], passes: int = 1) -> int:
    """Stored values that a decoder unpacks in `passes` over an operand; 0 if it is stored in a `native` format."""
    return 0 if type(operand.format) in native else passes * operand.size.stored_values
