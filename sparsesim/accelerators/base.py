"""What every accelerator offers: a validated Spec with `plan` and `execute`."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.dtypes import DType
from sparsesim.errors import InputError
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.schedule import Schedule, joined
from sparsesim.tensors import DenseMatrix, SparseMatrix


class Sram(BaseModel):
    """An on-chip memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int = Field(gt=0)


class Accelerator(BaseModel, ABC):
    """A compute unit with its on-chip memories. It decides which bytes move and how often each action happens.

    It knows nothing of DRAM bandwidth, clocks or joules; those belong to the machine around it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    macs_per_cycle: Mapping[str, int] = Field(min_length=1)
    """Peak multiply-accumulates per cycle of the whole unit, by number type."""

    @property
    def default_dtype(self) -> str:
        """The number type used where the user names none: the first one listed."""
        return next(iter(self.macs_per_cycle))

    @abstractmethod
    def natural_format(self, density: float) -> str:
        """The format that weights of this density are stored in where the user names none."""

    def trace(self, op: MatmulOp) -> Any:
        """What the positions of the non-zeros alone decide, whatever format they are stored in.

        `plan` takes it back, so that a unit whose walk over the non-zeros is long does it once for all formats.
        Units that look at positions only briefly have none.
        """
        return None

    @abstractmethod
    def plan(self, op: MatmulOp, trace: Any = None) -> Schedule:
        """Steps, bytes and action counts of `op`; raises PatternError if the unit cannot run its pattern.

        `trace` is what `trace` returned for the same multiplication, in any format; it is made anew if left out.
        """

    def plans(self, op: MatmulOp, trace: Any = None) -> Iterable[Schedule]:
        """Plans of which the fastest is to be taken, as a library does that measures its kernels first.

        None keeps the units busy for fewer cycles than the one before.
        """
        yield self.plan(op, trace)

    def likeness(self, op: MatmulOp) -> Hashable | None:
        """Operations of equal likeness have equal plans; None where positions matter, which are not compared."""
        full = isinstance(op.a.tensor, DenseMatrix) and isinstance(op.b.tensor, DenseMatrix)
        return footprint(op) if full else None

    @abstractmethod
    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """The numeric product, computed the way the unit computes it."""

    def one_by_one(self, op: MatmulOp) -> Schedule:
        """The plan of a unit that takes the groups of an operation one after the other; equal ones are planned once."""
        known: dict[Hashable, Schedule] = {}
        plans = []
        for part in op.parts():
            likeness = self.likeness(part)
            plan = known.get(likeness) if likeness is not None else None
            plans.append(plan or self.plan(part))
            known[likeness] = plans[-1]
        return joined(plans)

    def execute_one_by_one(self, op: MatmulOp) -> FloatArray:
        """The products of all groups, one below the other."""
        products = (self.execute(part) for part in op.parts(with_values=True))
        return np.vstack([each.to_array() if isinstance(each, SparseMatrix) else each for each in products])

    def peak_macs_per_cycle(self, dtype: DType) -> int:
        """Peak rate for `dtype`; InputError names the types that the unit has."""
        if dtype.name not in self.macs_per_cycle:
            known = ", ".join(self.macs_per_cycle)
            raise InputError(f"number type {dtype.name} is not offered by this unit (it has {known})")
        return self.macs_per_cycle[dtype.name]


def footprint(op: MatmulOp) -> Hashable:
    """All that an operation is but for its name and the positions and values of its non-zeros."""
    operands = [(each.format, each.dtype, each.size, each.dram_bytes) for each in (op.a, op.b)]
    return (op.m, op.n, op.k, op.groups, *operands, op.c_dtype, op.repeat, op.warm)


def decode_adds(operand: Operand, native: tuple[str, ...], passes: int = 1) -> int:
    """32-bit integer adds that unpack an operand which is not stored in one of the unit's `native` formats.

    One add per stored value and pass (assumed: a running position per fiber).
    """
    family = operand.format.name.split("-")[0]
    return 0 if family in native else passes * operand.size.stored_values


def shares(total: int, parts: int) -> IntArray:
    """int64[parts] that add up to `total` exactly and differ by at most one."""
    edges = np.arange(parts + 1, dtype=np.int64)
    # Split quotient and remainder so that total * parts never overflows.
    quotient, remainder = divmod(total, max(parts, 1))
    edges = remainder * edges // max(parts, 1)
    return quotient + (edges[1:] - edges[:-1])


def weighted_shares(total: int, weights: IntArray) -> IntArray:
    """int64 array that adds up to `total` exactly, in proportion to `weights` (equal parts if all are zero)."""
    whole = int(weights.sum())
    if whole == 0:
        return shares(total, len(weights))
    fractions = np.cumsum(weights) / whole
    edges = np.rint(fractions * total).astype(np.int64)
    edges[-1] = total
    return np.diff(edges, prepend=np.int64(0))
