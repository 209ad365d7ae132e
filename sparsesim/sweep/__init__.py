"""The grid of points, run on all cores."""

from sparsesim.sweep.description import Sweep, Task, load_sweep
from sparsesim.sweep.run import ResultLog, in_order, run_sweep, run_task

__all__ = ["ResultLog", "Sweep", "Task", "in_order", "load_sweep", "run_sweep", "run_task"]
