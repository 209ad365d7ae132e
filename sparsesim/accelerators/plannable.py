"""How large an operation may be: what can be counted, planned in time, and held in memory."""

from math import prod
from typing import Final

from sparsesim.errors import InputError
from sparsesim.limits import MAX_MACS, check_memory, checked_size
from sparsesim.matmul import MatmulOp

MOST_OUTPUTS: Final = 2**37
"""Elements of C: more than fit the memory of any card, and as many as are planned in some seconds."""

MOST_TILES: Final = 2**26
"""Tiles of C that are planned within a minute; the largest product of a benchmark has a hundredth."""
TILE_BYTES: Final = 160
"""The most that a tile of C was measured to take while a MAC array or a tensor core is planned."""
LARGE_MACS: Final = 2**40
"""From here on traffic, or what a unit counts besides, may be beyond 64 bits."""


def check_countable(op: MatmulOp) -> None:
    """Raise InputError for an operation whose MACs, or the bits that they move, are beyond what 64 bits can count."""
    # The exact number may need the positions, which few operations are large enough to be asked for.
    if min(op.a.tensor.nnz * op.n, op.b.tensor.nnz * op.m) * op.repeat > MAX_MACS:
        checked_size(f"{op.name}: MACs of all repetitions", op.effectual_macs, op.repeat, limit=MAX_MACS)


def check_tiles(op: MatmulOp, *tiles: int) -> None:
    """Raise InputError for more tiles along M and N than are planned in time, or than the memory has room for."""
    shown = f"{op.name}: {' x '.join(map(str, tiles))} tiles"
    if prod(tiles) > MOST_TILES:
        raise InputError(f"{shown}, and they are planned one by one: at most {MOST_TILES:,} are")
    check_memory(shown, TILE_BYTES * prod(tiles))


def beyond(op: MatmulOp, machine: str, error: Exception) -> Exception:
    """What to raise for a MemoryError or OverflowError of an operation: the sizes, or if these are small the error."""
    if isinstance(error, OverflowError) and op.dense_macs * op.repeat < LARGE_MACS:
        return error  # a fault of ours
    most = "memory than there is" if isinstance(error, MemoryError) else "than 64 bits to count"
    sizes = " x ".join(str(size) for size in (op.groups, op.m, op.n, op.k))
    return InputError(f"{op.name}: groups x M x N x K of {sizes} on {machine} need more {most}")


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
