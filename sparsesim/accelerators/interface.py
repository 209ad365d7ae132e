"""What every compute unit offers. Helpers for writing one are in `arithmetic`, `groups` and `autotuned`."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from sparsesim.accelerators.arithmetic import size_key
from sparsesim.accelerators.scaling import Scaling, grown
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import DType
from sparsesim.errors import InputError
from sparsesim.formats import Dense, Format
from sparsesim.matmul import MatmulOp
from sparsesim.quantities import LargeCount, NumberType
from sparsesim.schedule import Schedule
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.yaml_file import Description


class Accelerator(Description, ABC):
    """A compute unit with its on-chip memories: it decides which bytes move and how often each action happens.

    It knows nothing about DRAM bandwidth, clocks or joules; those belong to the machine around it.
    """

    macs_per_cycle: Mapping[NumberType, LargeCount] = Field(min_length=1)
    """Peak multiply-accumulates per cycle of the whole unit, by number type; the first entry is the default type."""

    native: ClassVar[frozenset[type[Format]]]
    """Formats of A that the unit reads directly."""

    native_b: ClassVar[frozenset[type[Format]]] = frozenset({Dense})
    """Formats of B that the unit reads directly."""

    scaling: ClassVar[Scaling]
    """What of the unit grows if it is built wider; see `hardware.scaling`."""

    def grown(self, factor: float, buffers: bool = False) -> dict[str, Any]:
        """The fields of the unit, by path, that change if it is built `factor` times as wide; see `scaling.grown`."""
        return grown(self, self.scaling, factor, buffers)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes that follow from the fields and that areas may grow with, by name; see `hardware.area`."""
        return {}

    def reads(self, op: MatmulOp) -> bool:
        """Whether the unit multiplies these operands as they are stored, without unpacking them first."""
        has_type = op.a.dtype.name in self.macs_per_cycle
        return has_type and type(op.a.format) in self.native and type(op.b.format) in self.native_b

    def unpacks(self, op: MatmulOp) -> bool:
        """Whether the unit unpacks these operands on the way, at a rate of its own; see `unpacking`."""
        return False

    def routine(self, op: MatmulOp) -> str:
        """Name of the library routine that this operation calls, where one unit stands for several; else empty."""
        return ""

    def measured_power(self, op: MatmulOp) -> float | None:
        """Mean power in W of the whole machine during this operation, idle power included, where it was measured."""
        return None

    @abstractmethod
    def natural_format(self, density: float, dtype: str) -> str:
        """Name of the format that the unit is made for, given weights of this density (0 to 1) and number type."""

    def work(self, op: MatmulOp) -> Any:
        """The part of planning that depends only on the positions of the non-zeros, not on their format; may be None.

        Computed once and handed to `plan` for every format that the same operands are stored in.
        """
        return None

    @abstractmethod
    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """Steps, bytes and action counts of `op`.

        `work` is the result of `work` for the same multiplication in any format; it is computed if left out. Raises
        PatternError if A breaks a pattern that the unit needs, InputError for a number type it does not have.
        """

    def plan_key(self, op: MatmulOp) -> Hashable | None:
        """Operations with equal keys have equal plans; None if a plan depends on positions, which are not compared."""
        dense = isinstance(op.a.tensor, DenseMatrix) and isinstance(op.b.tensor, DenseMatrix)
        return size_key(op) if dense else None

    @abstractmethod
    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """The product [groups * M, N] in float64, computed the way the unit computes it."""

    @property
    def default_dtype(self) -> str:
        """Name of the number type used if the user names none."""
        return next(iter(self.macs_per_cycle))

    def peak_macs_per_cycle(self, dtype: DType) -> int:
        """Peak multiply-accumulates per cycle for `dtype`; InputError if the unit does not have that type."""
        if dtype.name not in self.macs_per_cycle:
            known = ", ".join(self.macs_per_cycle)
            raise InputError(f"number type {dtype.name} is not offered by this unit (it has {known})")
        return self.macs_per_cycle[dtype.name]
