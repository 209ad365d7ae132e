"""From schedule and machine to counts: one meaning, three speeds."""

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
