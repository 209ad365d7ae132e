"""The power roof: a card whose counts would draw more than its cap runs slower."""

from sparsesim.counts import Counts
from sparsesim.hardware.energy import price
from sparsesim.hardware.machine import Machine
from sparsesim.units import cycles_to_seconds, pj_to_joule


def seconds_under_cap(counts: Counts, machine: Machine, runs: int | None = None) -> tuple[float, bool]:
    """Run time in seconds, and whether the power cap stretched it.

    time >= dynamic energy / (cap - idle), with the energy of the machine's own table. `runs` equal runs after each
    other share what may be drawn beyond the cap at first; without end (None) there is nothing to share.
    """
    seconds = cycles_to_seconds(counts.cycles, machine.clock_hz)
    if machine.power is None:
        return seconds, False
    joule = pj_to_joule(price(counts, machine.energy_table)["total"])
    joule -= machine.power.credit_j / runs if runs else 0.0
    capped = joule / (machine.power.cap_w - machine.power.idle_w)
    return max(seconds, capped), capped > seconds
