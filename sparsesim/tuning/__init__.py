"""How far every layer can be pruned: sensitivity analysis, the choice it leads to, and plans that are kept as files."""

from sparsesim.tuning.choice import choose_ratios
from sparsesim.tuning.plan import LayerChoice, Plan, apply_plan, load_plan, plan_from_ratios, save_plan
from sparsesim.tuning.sensitivity import RATIOS, SensitivityTable, sensitivity

__all__ = [
    "RATIOS",
    "LayerChoice",
    "Plan",
    "SensitivityTable",
    "apply_plan",
    "choose_ratios",
    "load_plan",
    "plan_from_ratios",
    "save_plan",
    "sensitivity",
]
