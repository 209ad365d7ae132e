"""An array of multipliers under one shared memory; `walks` says what stays in it while the rest streams by."""

from sparsesim.accelerators.mac_array.spec import MacArray

__all__ = ["MacArray"]
