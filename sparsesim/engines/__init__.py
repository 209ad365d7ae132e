"""From schedule and machine to counts: one meaning, three speeds.

`timed` converts bytes into cycles of a machine. Three engines turn the result into a number of cycles: `event`, SimPy
processes that define the rules and record the timeline; `fast`, the same rules as a recurrence in Numba, equal cycle
for cycle and the default; `analytic`, lower and upper bounds without simulation. `run` puts the cycles beside the
action counts of the schedule.
"""

from sparsesim.engines.analytic import lower_cycles, upper_cycles
from sparsesim.engines.run import ENGINES, least_cycles, run_schedule
from sparsesim.engines.timed import TimedPhase, TimedSchedule, timed

__all__ = [
    "ENGINES",
    "TimedPhase",
    "TimedSchedule",
    "least_cycles",
    "lower_cycles",
    "run_schedule",
    "timed",
    "upper_cycles",
]
