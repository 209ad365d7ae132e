"""The power roof: a card whose counts would draw more than its cap runs slower."""

from sparsesim.counts import Counts
from sparsesim.hardware.energy import price
from sparsesim.hardware.machine import Machine
from sparsesim.units import cycles_to_seconds, pj_to_joule


def seconds_under_cap(counts: Counts, machine: Machine) -> tuple[float, bool]:
    """Run time in seconds, and whether the power cap stretched it.

    time >= dynamic energy / (cap - idle), with the energy of the machine's own table. What may be drawn beyond the cap
    at first is shared by the runs of a benchmark; a machine that runs without end has used it up.
    """
    seconds, power = cycles_to_seconds(counts.cycles, machine.clock_hz), machine.power
    if power is None:
        return seconds, False
    joule = pj_to_joule(price(counts, machine.energy_table)["total"])
    joule -= power.credit_j / power.runs if power.runs else 0.0
    capped = joule / (power.cap_w - power.idle_w)
    return max(seconds, capped), capped > seconds
