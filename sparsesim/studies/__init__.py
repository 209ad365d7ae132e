"""Questions that take many simulations: sweeps, comparisons, trade-offs, sensitivity, imbalance."""

from sparsesim.studies.accuracy import PrunedAccuracy, accuracy_after
from sparsesim.studies.calibration import SplitSamples, set_aside
from sparsesim.studies.choice import choose_ratios
from sparsesim.studies.compare import compare
from sparsesim.studies.crossover import Contender, Crossover, crossover
from sparsesim.studies.execution import CrewOf, check_scheduler, check_workers, cluster
from sparsesim.studies.explain import Explanation, explain
from sparsesim.studies.imbalance import imbalance
from sparsesim.studies.networks import run_task, simulate_network
from sparsesim.studies.plan import LayerChoice, Plan, apply_plan, load_plan, plan_from_ratios, planned, save_plan
from sparsesim.studies.run import Finished, in_order, run_grid, run_sweep
from sparsesim.studies.sensitivity import RATIOS, SensitivityTable, sensitivity
from sparsesim.studies.sensitivity_plan import SensitivityPlan, plan_by_sensitivity
from sparsesim.studies.stored import Progress, fill, fill_store, stored
from sparsesim.studies.sweeps.grid import resolved
from sparsesim.studies.sweeps.sweep import Sweep, load_sweep
from sparsesim.studies.task import Grid, Task
from sparsesim.studies.tradeoff import tradeoff, variants_of

__all__ = [
    "RATIOS",
    "Contender",
    "CrewOf",
    "Crossover",
    "Explanation",
    "Finished",
    "Grid",
    "LayerChoice",
    "Plan",
    "Progress",
    "PrunedAccuracy",
    "SensitivityPlan",
    "SensitivityTable",
    "SplitSamples",
    "Sweep",
    "Task",
    "accuracy_after",
    "apply_plan",
    "check_scheduler",
    "check_workers",
    "choose_ratios",
    "cluster",
    "compare",
    "crossover",
    "explain",
    "fill",
    "fill_store",
    "imbalance",
    "in_order",
    "load_plan",
    "load_sweep",
    "plan_by_sensitivity",
    "plan_from_ratios",
    "planned",
    "resolved",
    "run_grid",
    "run_sweep",
    "run_task",
    "save_plan",
    "sensitivity",
    "set_aside",
    "simulate_network",
    "stored",
    "tradeoff",
    "variants_of",
]
