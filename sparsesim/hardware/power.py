"""Energy at a machine's own prices, and the power roof: a card that would draw more than its cap runs slower."""

from sparsesim.counts import Counts
from sparsesim.hardware.energy import MEASURED_POWER, price, price_measured
from sparsesim.hardware.machine import Machine
from sparsesim.matmul import MatmulOp
from sparsesim.units import cycles_to_seconds, pj_to_joule


def seconds_under_cap(counts: Counts, machine: Machine) -> tuple[float, bool]:
    """Run time in seconds, and whether the power cap stretched it.

    time >= (dynamic energy - credit) / (cap - idle), with energy from the machine's own table. The runs of a benchmark
    share the credit equally; a machine that runs indefinitely has none.
    """
    seconds, power = cycles_to_seconds(counts.cycles, machine.clock_hz), machine.power
    if power is None or power.cap_w is None:
        return seconds, False
    joule = pj_to_joule(price(counts, machine.energy_table)["dynamic"])
    joule -= power.credit_j / power.runs if power.runs else 0.0
    capped = joule / (power.cap_w - power.idle_w)
    return max(seconds, capped), capped > seconds


def own_energy(op: MatmulOp, counts: Counts, machine: Machine, seconds: float) -> tuple[str, dict[str, float]]:
    """Name of the prices and energy in pJ of a run, at the prices of the machine's own technology.

    That is measured power x time if the machine, which has one kernel, states the power of this routine; else the
    actions that were counted, at the machine's own table. Raises InputError as `price`.
    """
    watts = machine.unit.measured_power(op)
    if watts is not None:
        return MEASURED_POWER, price_measured(watts, seconds, machine.idle_w)
    table = machine.energy_table
    return table.name, price(counts, table, seconds, machine.idle_w)
