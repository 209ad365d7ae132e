"""How much faster, and how much less energy, is a pruned network on this hardware, and why.

The public names are loaded when they are first used, so that `import sparsesim` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparsesim.errors import SparsesimError
    from sparsesim.formats import format_by_name
    from sparsesim.hardware import load_energy_table, load_machine, price
    from sparsesim.inference import capture, evaluate, load_samples
    from sparsesim.limits import memory_budget
    from sparsesim.lowering import Activations, Lowering, lower
    from sparsesim.matmul import matmul_op
    from sparsesim.networks import load_network, network_from_torch
    from sparsesim.products import gemm, multiply
    from sparsesim.pruning import pruner_by_name
    from sparsesim.results import Result, read_results
    from sparsesim.simulation import reprice, simulate
    from sparsesim.store import load_results
    from sparsesim.studies import (
        Sweep,
        compare,
        crossover,
        explain,
        fill_store,
        imbalance,
        load_sweep,
        run_sweep,
        sensitivity,
        tradeoff,
        variants_of,
    )
    from sparsesim.studies.exploring import explore
    from sparsesim.tensors import SparseMatrix, read_matrix
    from sparsesim.transforms import method_by_name
    from sparsesim.transforms import prune_network as prune

__version__ = "0.1.0"

__all__ = [
    "Activations",
    "Lowering",
    "Result",
    "SparseMatrix",
    "SparsesimError",
    "Sweep",
    "capture",
    "compare",
    "crossover",
    "evaluate",
    "explain",
    "explore",
    "fill_store",
    "format_by_name",
    "gemm",
    "imbalance",
    "load_energy_table",
    "load_machine",
    "load_network",
    "load_results",
    "load_samples",
    "load_sweep",
    "lower",
    "matmul_op",
    "memory_budget",
    "method_by_name",
    "multiply",
    "network_from_torch",
    "price",
    "prune",
    "pruner_by_name",
    "read_matrix",
    "read_results",
    "reprice",
    "run_sweep",
    "sensitivity",
    "simulate",
    "tradeoff",
    "variants_of",
]

_HOMES = {
    "sparsesim.errors": ("SparsesimError",),
    "sparsesim.limits": ("memory_budget",),
    "sparsesim.inference": ("capture", "evaluate", "load_samples"),
    "sparsesim.formats": ("format_by_name",),
    "sparsesim.hardware": ("load_energy_table", "load_machine", "price"),
    "sparsesim.networks": ("load_network", "network_from_torch"),
    "sparsesim.pruning": ("pruner_by_name",),
    "sparsesim.simulation": ("reprice", "simulate"),
    "sparsesim.products": ("gemm", "multiply"),
    "sparsesim.results": ("Result", "read_results"),
    "sparsesim.studies": (
        "Sweep",
        "compare",
        "crossover",
        "explain",
        "fill_store",
        "imbalance",
        "load_sweep",
        "run_sweep",
        "sensitivity",
        "tradeoff",
        "variants_of",
    ),
    "sparsesim.store": ("load_results",),
    "sparsesim.studies.exploring": ("explore",),
    "sparsesim.tensors": ("SparseMatrix", "read_matrix"),
    "sparsesim.transforms": ("method_by_name", "prune_network"),
    "sparsesim.lowering": ("Activations", "Lowering", "lower"),
    "sparsesim.matmul": ("matmul_op",),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}
_RENAMED = {"prune": "prune_network"}


def __getattr__(name: str) -> Any:
    inner = _RENAMED.get(name, name)
    if name not in __all__:
        raise AttributeError(f"module 'sparsesim' has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[inner]), inner)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
