"""Every measured table in the data folder, and the comparison of each of its points."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.validation.data import DataFolder
from sparsesim.validation.measured_table import missing_columns
from sparsesim.validation.reference import Progress
from sparsesim.validation.tensor_core.published import GemmTables, SingleTable, TensorCoreValues, Written
from sparsesim.validation.tensor_core.runs import Card, Comparison, compare
from sparsesim.validation.tensor_core.tables import GemmLine, Point, read_gemm, read_llmcompass, read_venom


@dataclass(frozen=True)
class Batch:
    """Points of a card and type that run on one machine; their times include `host_us` spent outside it.

    The kernels write C as `written` says. Constants were fitted on points with the weights [N, K] in `fitted`.
    """

    card: Card
    dtype: str
    points: list[Point]
    source: str
    runs: int | None
    fitted: tuple[tuple[int, int], ...]
    host_us: float = 0.0
    written: Written = field(default_factory=Written)


class MeasuredTables:
    """What the folder holds; InputError if there is nothing to compare with.

    `left_out` holds what is not compared, as figures of the notes with these keys.
    """

    def __init__(self, data: DataFolder, published: TensorCoreValues, progress: Progress) -> None:
        self.published, self.progress = published, progress
        self.left_out: dict[str, list[dict[str, Any]]] = {key: [] for key in ("no_columns", "left_out", "no_table")}
        self.batches = [*self._gemm(data), *self._single(data)]
        if not self.batches:
            raise data.lacks("measured GEMM times", published.wanted, published.origin)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Every point, simulated once."""
        return [each for batch in self.batches for each in self._compare(batch)]

    @cached_property
    def sources(self) -> dict[str, str]:
        """Where the times of a card come from."""
        return {point.card: batch.source for batch in self.batches for point in batch.points}

    def _compare(self, batch: Batch) -> Iterator[Comparison]:
        first = batch.points[0]
        self.progress(f"{first.card} {first.dtype}, {len(batch.points)} products")
        for point in batch.points:
            fitted = (point.n, point.k) in batch.fitted
            found = compare(point, batch.card, batch.dtype, batch.runs, fitted, batch.written)
            yield found if found.dense_us is None else replace(found, dense_us=found.dense_us + batch.host_us)

    def _gemm(self, data: DataFolder) -> Iterator[Batch]:
        """The points of every gemm24 table by card and type."""
        groups: dict[tuple[str, str], list[Point]] = {}
        for path in data.matching(self.published.gemm.tables):
            absent = missing_columns(path, GemmLine)
            if absent:
                self.left_out["no_columns"].append({"table": path.name, "columns": ", ".join(absent)})
                continue
            for point in read_gemm(path):
                groups.setdefault((point.card, point.dtype), []).append(point)
        for (gpu, dtype), points in groups.items():
            yield from self._gemm_batch(gpu, dtype, points)

    def _gemm_batch(self, gpu: str, dtype: str, points: list[Point]) -> Iterator[Batch]:
        """The points of one card and type that can be compared; a note names the others."""
        gemm = self.published.gemm
        refusal = _refusal(gemm, gpu, dtype)
        if refusal:
            self._leave_out(gpu, dtype, len(points), refusal)
            return
        card, source = Card(gemm.machines[gpu]), gemm.sources.get(gpu, f"table gemm24 of {gpu}")
        kept = list(_comparable(points, card.has_sparse))
        _refuse_repeats(kept)
        if len(kept) < len(points):
            reason = "no dense or no 2:4 time" if card.has_sparse else "no dense time to compare"
            self._leave_out(gpu, dtype, len(points) - len(kept), reason)
        if kept:
            fitted, written = gemm.fitted_on(gpu, dtype), gemm.written(dtype)
            yield Batch(card, gemm.dtypes[dtype], kept, source, gemm.runs, fitted, written=written)

    def _leave_out(self, gpu: str, dtype: str, count: int, reason: str) -> None:
        self.left_out["left_out"].append({"card": gpu, "type": dtype, "count": count, "reason": reason})

    def _single(self, data: DataFolder) -> Iterator[Batch]:
        """The tables of LLMCompass and VENOM, if they are there."""
        ours, venom = self.published.llmcompass, self.published.venom
        yield from self._batch(ours, data.file(ours.table), read_llmcompass, ours.host_us)
        yield from self._batch(venom, data.file(venom.table), read_venom)

    def _batch(
        self,
        table: SingleTable,
        path: Path | None,
        read: Callable[[Path, SingleTable], list[Point]],
        host_us: float = 0.0,
    ) -> Iterator[Batch]:
        points = read(path, table) if path else []
        if points:
            card = Card(table.machine)
            yield Batch(card, table.dtype, points, table.source, table.runs, table.fitted, host_us)
        else:
            self.left_out["no_table"].append({"card": table.card, "table": table.table})


def _refusal(gemm: GemmTables, gpu: str, dtype: str) -> str:
    """Why nothing of this card and type can be simulated; empty if it can."""
    if gpu not in gemm.machines:
        return "no machine is named for this gpu"
    if dtype not in gemm.dtypes:
        return "no number type is named for it"
    card, number_type = Card(gemm.machines[gpu]), dtype_by_name(gemm.dtypes[dtype])
    try:
        for machine in (card.dense, card.sparse) if card.has_sparse else (card.dense,):
            machine.unit.peak_macs_per_cycle(number_type)
    except InputError as error:
        return str(error)
    return ""


def _comparable(points: list[Point], has_sparse: bool) -> Iterator[Point]:
    """Points with both times, or the dense one on a card without 2:4."""
    for point in points:
        if has_sparse and point.dense_us and point.sparse_us:
            yield point
        elif not has_sparse and point.dense_us:
            yield replace(point, sparse_us=None)


def _refuse_repeats(points: list[Point]) -> None:
    """InputError if a product is listed twice, as if from two tables of one card."""
    seen: set[str] = set()
    for point in points:
        if point.case in seen:
            raise InputError(f"measured GEMM times: {point.case} is listed twice")
        seen.add(point.case)
