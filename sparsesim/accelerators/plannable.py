"""How large an operation may be whose tiles are walked one by one."""

from typing import Final

from sparsesim.errors import InputError
from sparsesim.limits import MAX_MACS, checked_size
from sparsesim.matmul import MatmulOp

MOST_OUTPUTS: Final = 2**37
"""Elements of C: more than fit the memory of any card, and as many as are planned in some seconds."""


def check_plannable(op: MatmulOp) -> None:
    """Raise InputError for what would be planned for longer than anybody waits, or has more MACs than can be counted.

    For units that multiply every position: those that skip zeros take any size whose non-zeros they can hold.
    """
    checked_size(f"{op.name}: M x N x K", op.groups, op.m, op.n, op.k, op.repeat, limit=MAX_MACS)
    if op.c_elements > MOST_OUTPUTS:
        groups = f" in {op.groups} groups" if op.groups > 1 else ""
        raise InputError(
            f"{op.name}: M x N is {op.m} x {op.n}{groups}, and its tiles are planned one by one: at most "
            f"{MOST_OUTPUTS:,} elements of C are"
        )
