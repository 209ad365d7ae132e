"""Stores: one SQLite file per sweep, with every point that finished, whatever became of the run."""

from sparsesim.store.asked import POINT_ROLE, REFERENCE_ROLE, STATUSES, Asked, failed_record
from sparsesim.store.comparing import compared
from sparsesim.store.conditions import Condition, condition
from sparsesim.store.load import load_results
from sparsesim.store.pricing import Repriced
from sparsesim.store.store import Store
from sparsesim.store.writer import StoreWriter, opened, writing

__all__ = [
    "POINT_ROLE",
    "REFERENCE_ROLE",
    "STATUSES",
    "Asked",
    "Condition",
    "Repriced",
    "Store",
    "StoreWriter",
    "compared",
    "condition",
    "failed_record",
    "load_results",
    "opened",
    "writing",
]
