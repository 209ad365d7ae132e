"""From schedule and machine to counts: one meaning, three speeds."""

from sparsesim.engines.analytic import lower_cycles, upper_cycles
from sparsesim.engines.fastest import Run, Runs, fastest_run
from sparsesim.engines.run import ENGINES, least_cycles, run_schedule
from sparsesim.engines.steps import Steps, steps_on

__all__ = [
    "ENGINES",
    "Run",
    "Runs",
    "Steps",
    "fastest_run",
    "least_cycles",
    "lower_cycles",
    "run_schedule",
    "steps_on",
    "upper_cycles",
]
