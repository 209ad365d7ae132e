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
    from sparsesim.lowering import Activations, Lowering, lower
    from sparsesim.matmul import matmul_op
    from sparsesim.networks import load_network, network_from_torch
    from sparsesim.pruning import pruner_by_name
    from sparsesim.simulation import reprice, simulate
    from sparsesim.studies import load_sweep, run_sweep
    from sparsesim.studies.compare import compare
    from sparsesim.tensors import SparseMatrix, read_matrix
    from sparsesim.transforms import method_by_name
    from sparsesim.transforms import prune_network as prune

__version__ = "0.1.0"

__all__ = [
    "Activations",
    "Lowering",
    "SparseMatrix",
    "SparsesimError",
    "capture",
    "compare",
    "evaluate",
    "format_by_name",
    "load_energy_table",
    "load_machine",
    "load_network",
    "load_samples",
    "load_sweep",
    "lower",
    "matmul_op",
    "method_by_name",
    "network_from_torch",
    "price",
    "prune",
    "pruner_by_name",
    "read_matrix",
    "reprice",
    "run_sweep",
    "simulate",
]

_HOMES = {
    "sparsesim.errors": ("SparsesimError",),
    "sparsesim.inference": ("capture", "evaluate", "load_samples"),
    "sparsesim.formats": ("format_by_name",),
    "sparsesim.hardware": ("load_energy_table", "load_machine", "price"),
    "sparsesim.networks": ("load_network", "network_from_torch"),
    "sparsesim.pruning": ("pruner_by_name",),
    "sparsesim.simulation": ("reprice", "simulate"),
    "sparsesim.studies": ("compare", "load_sweep", "run_sweep"),
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
