"""Questions that take many simulations: sweeps, trade-offs, sensitivity, imbalance."""

from sparsesim.studies.choice import choose_ratios
from sparsesim.studies.imbalance import imbalance
from sparsesim.studies.networks import compare, simulate_network
from sparsesim.studies.plan import LayerChoice, Plan, apply_plan, load_plan, plan_from_ratios, save_plan
from sparsesim.studies.run import ResultLog, in_order, run_sweep, run_task
from sparsesim.studies.sensitivity import RATIOS, SensitivityTable, sensitivity
from sparsesim.studies.sweep import Sweep, Task, load_sweep
from sparsesim.studies.tradeoff import tradeoff

__all__ = [
    "RATIOS",
    "LayerChoice",
    "Plan",
    "ResultLog",
    "SensitivityTable",
    "Sweep",
    "Task",
    "apply_plan",
    "choose_ratios",
    "compare",
    "imbalance",
    "in_order",
    "load_plan",
    "load_sweep",
    "plan_from_ratios",
    "run_sweep",
    "run_task",
    "save_plan",
    "sensitivity",
    "simulate_network",
    "tradeoff",
]
