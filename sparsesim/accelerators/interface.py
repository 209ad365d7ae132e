"""What every compute unit offers. Helpers for writing one are in `arithmetic`, `groups` and `autotuned`."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from sparsesim.accelerators.arithmetic import size_key
from sparsesim.array_types import FloatArray
from sparsesim.dtypes import DType
from sparsesim.errors import InputError
from sparsesim.formats import Format
from sparsesim.matmul import MatmulOp
from sparsesim.schedule import Schedule
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.yaml_file import Description


class Accelerator(Description, ABC):
    """A compute unit with its on-chip memories. It decides which bytes move and how often each action happens.

    It knows nothing of DRAM bandwidth, clocks or joules; those belong to the machine around it.
    """

    macs_per_cycle: Mapping[str, Annotated[int, Field(gt=0, le=1 << 40)]] = Field(min_length=1)
    """Peak multiply-accumulates per cycle of the whole unit, by number type; the first is the default one."""

    native: ClassVar[frozenset[type[Format]]]
    """Formats of A that the unit reads as they are; unpacking others counts index additions."""

    @abstractmethod
    def natural_format(self, density: float) -> str:
        """The format that weights of this density are stored in where the user names none."""

    def work(self, op: MatmulOp) -> Any:
        """What the positions of the non-zeros alone decide, whatever format they are stored in; None for nothing."""
        return None

    @abstractmethod
    def plan(self, op: MatmulOp, work: Any = None) -> Schedule:
        """Steps, bytes and action counts of `op`; raises PatternError if the unit cannot run its pattern.

        `work` is what `work` returned for the same multiplication in any format; it is made anew if left out.
        """

    def plan_key(self, op: MatmulOp) -> Hashable | None:
        """Operations of equal keys have equal plans; None where positions matter, which are not compared."""
        dense = isinstance(op.a.tensor, DenseMatrix) and isinstance(op.b.tensor, DenseMatrix)
        return size_key(op) if dense else None

    @abstractmethod
    def execute(self, op: MatmulOp) -> FloatArray | SparseMatrix:
        """The numeric product, computed the way the unit computes it."""

    @property
    def default_dtype(self) -> str:
        """The number type used where the user names none."""
        return next(iter(self.macs_per_cycle))

    def peak_macs_per_cycle(self, dtype: DType) -> int:
        """Peak rate for `dtype`; InputError names the types that the unit has."""
        if dtype.name not in self.macs_per_cycle:
            known = ", ".join(self.macs_per_cycle)
            raise InputError(f"number type {dtype.name} is not offered by this unit (it has {known})")
        return self.macs_per_cycle[dtype.name]
