"""Stores: one SQLite file per sweep, with every point that finished, whatever became of the run."""

from sparsesim.store.asked import POINT_ROLE, REFERENCE_ROLE, Asked, failed_record
from sparsesim.store.store import Store
from sparsesim.store.writer import StoreWriter, opened, writing

__all__ = [
    "POINT_ROLE",
    "REFERENCE_ROLE",
    "Asked",
    "Store",
    "StoreWriter",
    "failed_record",
    "opened",
    "writing",
]
