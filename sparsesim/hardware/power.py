"""The power roof: a card that would draw more than its cap runs slower."""

from sparsesim.counts import Counts
from sparsesim.hardware.energy import price
from sparsesim.hardware.machine import Machine
from sparsesim.units import cycles_to_seconds, pj_to_joule


def seconds_under_cap(counts: Counts, machine: Machine) -> tuple[float, bool]:
    """Run time in seconds, and whether the power cap stretched it.

    time >= (dynamic energy - credit) / (cap - idle), with energy from the machine's own table. The runs of a benchmark
    share the credit equally; a machine that runs indefinitely has none.
    """
    seconds, power = cycles_to_seconds(counts.cycles, machine.clock_hz), machine.power
    if power is None:
        return seconds, False
    joule = pj_to_joule(price(counts, machine.energy_table)["total"])
    joule -= power.credit_j / power.runs if power.runs else 0.0
    capped = joule / (power.cap_w - power.idle_w)
    return max(seconds, capped), capped > seconds
