"""From schedule and machine to counts: one meaning, three speeds."""

from sparsesim.engines.analytic import lower_cycles, upper_cycles
from sparsesim.engines.run import ENGINES, run_schedule
from sparsesim.engines.steps import Steps, steps_on

__all__ = ["ENGINES", "Steps", "lower_cycles", "run_schedule", "steps_on", "upper_cycles"]
