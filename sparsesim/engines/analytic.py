"""Bounds that need no simulation: the compulsory roofline below, the fully serial sum above."""

import numpy as np

from sparsesim.engines.steps import Steps
from sparsesim.units import ceil_div


def busy_cycles(steps: Steps) -> dict[str, int]:
    """Cycles that the DRAM and (on average, rounded up) the compute units are busy, over all repetitions."""
    dram = int(steps.fetch.sum() + steps.write.sum()) * steps.repeat
    compute = int(steps.compute.sum()) * steps.repeat
    return {"dram": dram, "compute": ceil_div(compute, steps.units)}


def lower_cycles(steps: Steps) -> int:
    """No run is faster than its busiest resource, or than the longest single step."""
    if not len(steps.fetch):
        return 0
    longest = int(np.max(steps.fetch + steps.compute + steps.write))
    return max(*busy_cycles(steps).values(), longest)


def upper_cycles(steps: Steps) -> int:
    """No run is slower than doing everything one after the other."""
    latencies = int(steps.latency[steps.fetch > 0].sum())
    return (int(steps.fetch.sum() + steps.compute.sum() + steps.write.sum()) + latencies) * steps.repeat
