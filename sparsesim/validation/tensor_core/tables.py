"""The measured tables: what a line of each holds, and the points that it becomes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from sparsesim.validation.measured_table import (
    Count,
    Milliseconds,
    Positive,
    PositiveOrNone,
    TableLine,
    Whole,
    read_table,
)
from sparsesim.validation.tensor_core.published import SingleTable

PLAIN: Final = "2_4"
"""The `sparse_run` of 2:4 itself; others time the same kernel at a larger K."""


@dataclass(frozen=True)
class Point:
    """C[n, m] = A[n, k] @ B[k, m] with weights A and m tokens; measured microseconds, None where there are none.

    `format` is that of the sparse weights. `card` names card and table, or the `gpu` of a gemm24 table alone.
    """

    card: str
    dtype: str
    suite: str
    m: int
    n: int
    k: int
    dense_us: float | None
    sparse_us: float | None
    format: str = "nm-2:4"

    @property
    def case(self) -> str:
        """For example "A100 FP16, SQUARE N64 K64 M64"."""
        return f"{self.card} {self.dtype}, {self.suite} N{self.n} K{self.k} M{self.m}"

    @property
    def kernel(self) -> str:
        """The kind of sparse kernel: "2:4", or "V:N:M" for any vnm pattern."""
        return "V:N:M" if self.format.startswith("vnm-") else self.format.removeprefix("nm-")

    @property
    def ratio(self) -> float | None:
        """How many times faster the sparse product is."""
        return self.dense_us / self.sparse_us if self.dense_us and self.sparse_us else None


class GemmLine(TableLine):
    """A line of a gemm24 table; either time may be missing."""

    gpu: str
    dtype: str
    suite: str
    m: Annotated[Count, Field(alias="M")]
    n: Annotated[Count, Field(alias="N")]
    k: Annotated[Count, Field(alias="K")]
    dense_us: PositiveOrNone
    sparse_us: Annotated[PositiveOrNone, Field(alias="sparse24_us")]
    sparse_run: str


class LlmcompassLine(TableLine):
    """A line of LLMCompass; the file names no columns."""

    m: Annotated[Count, Field(alias="M")]
    n: Annotated[Count, Field(alias="N")]
    k: Annotated[Count, Field(alias="K")]
    time: Milliseconds


LLMCOMPASS_HEADER: Final = ("M", "N", "K", "time", "Tflops")


class VenomLine(TableLine):
    """A line of VENOM in milliseconds, whose weights are [m, k]: 2:4 by cuSPARSELt (algo 3), or V:N:M (algo 2)."""

    algo: Literal["2", "3"]
    m: Count
    k: Count
    n: Count
    v: Annotated[Whole, Field(alias="meta_block_sz")]
    keep: Annotated[Whole, Field(alias="nn_row")]
    of: Annotated[Whole, Field(alias="mm_col")]
    spmm_time: Positive
    gemm_time: Positive

    @field_validator("v", "keep", "of")
    @classmethod
    def _is_a_pattern(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("algo") == "2" and value < 1:
            raise ValueError("a whole number above zero is needed for V:N:M")
        return value

    @property
    def kernel(self) -> tuple[str, str]:
        """Suite and format."""
        pattern = f"{self.v}:{self.keep}:{self.of}"
        return ("cuSPARSELt", "nm-2:4") if self.algo == "3" else (f"V:N:M {pattern}", f"vnm-{pattern}")


def read_gemm(path: Path) -> list[Point]:
    """The lines of a gemm24 table with a dense time, or a 2:4 time at the K given; a missing time is None."""
    points = []
    for line in read_table(path, GemmLine):
        sparse_us = line.sparse_us if line.sparse_run == PLAIN else None
        if sparse_us is not None or line.dense_us is not None:
            shape = line.m, line.n, line.k
            points.append(Point(line.gpu, line.dtype, line.suite, *shape, line.dense_us, sparse_us))
    return points


def read_llmcompass(path: Path, table: SingleTable) -> list[Point]:
    """Dense times."""
    return [
        Point(table.card, "FP16", "K = N", line.m, line.n, line.k, 1000 * line.time, None)
        for line in read_table(path, LlmcompassLine, LLMCOMPASS_HEADER)
    ]


def read_venom(path: Path, table: SingleTable) -> list[Point]:
    """Dense and sparse times, the fastest kernel of every product."""
    fastest: dict[tuple[object, ...], Point] = {}
    for line in read_table(path, VenomLine):
        suite, weights_format = line.kernel
        shape = line.n, line.m, line.k
        times = 1000 * line.gemm_time, 1000 * line.spmm_time
        point = Point(table.card, "FP16", suite, *shape, *times, weights_format)
        best = fastest.setdefault((suite, *shape), point)
        if times[1] < (best.sparse_us or 0):
            fastest[(suite, *shape)] = point
    return list(fastest.values())
