"""The grid of points, run on all cores; accuracy beside what prunings gain."""

from sparsesim.sweep.description import Sweep, Task, load_sweep
from sparsesim.sweep.imbalance import imbalance
from sparsesim.sweep.run import ResultLog, in_order, run_sweep, run_task
from sparsesim.sweep.tradeoff import tradeoff

__all__ = ["ResultLog", "Sweep", "Task", "imbalance", "in_order", "load_sweep", "run_sweep", "run_task", "tradeoff"]
