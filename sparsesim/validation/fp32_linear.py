"""Dense fp32 products on the CUDA cores of four cards: measured PyTorch times that nothing was fitted on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from statistics import fmean, median
from typing import Annotated, Any, ClassVar, Final, NamedTuple

from pydantic import Field

from sparsesim.dtypes import dtype_by_name
from sparsesim.hardware import Machine, load_machine
from sparsesim.quantities import WholeFigure
from sparsesim.validation.measured_table import Count, Positive, TableLine, read_table
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import PublishedValues, load_published
from sparsesim.validation.reference import Progress, Reference, Study
from sparsesim.validation.row import Row
from sparsesim.validation.tensor_core.runs import time_us

OPERATIONS_PER_MAC: Final = 2
"""As rates in FLOP/s count them."""

SHORTEST: Final = 20
"""Products in which time spent outside the card shows."""


class LinearTimes(PublishedValues):
    """The table, and the machine of every device in it; `runs` follow each other, None if that is not known."""

    source: str
    table: str
    dtype: str
    runs: WholeFigure | None = Field(gt=0)
    machines: Mapping[str, str]


class LinearLine(TableLine):
    """A line: M x K activations times N x K weights, `batch` of them."""

    device: str
    batch: Annotated[Count, Field(alias="B")]
    m: Annotated[Count, Field(alias="M")]
    n: Annotated[Count, Field(alias="N")]
    k: Annotated[Count, Field(alias="K")]
    latency_us: Positive


class Comparison(NamedTuple):
    """A measured product, its simulated microseconds and what limits it."""

    machine: str
    line: LinearLine
    simulated_us: float
    bottleneck: str

    @property
    def case(self) -> str:
        """For example "t4, M512 N50272 K1024"."""
        return f"{self.machine}, M{self.line.batch * self.line.m} N{self.line.n} K{self.line.k}"

    @property
    def error_pct(self) -> float:
        """Error of the simulated time."""
        return 100 * (self.simulated_us / self.line.latency_us - 1)

    @property
    def flop(self) -> int:
        """Operations of the product."""
        return OPERATIONS_PER_MAC * self.line.batch * self.line.m * self.line.n * self.line.k


class Fp32Linear(Reference):
    """All products of the table, each on the machine of its card."""

    name: ClassVar[str] = "fp32-linear"
    description: ClassVar[str] = "measured fp32 linear layers, A100, V100, T4 and L4; nothing was fitted on them"
    lists_rows: ClassVar[bool] = False

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: LinearTimes = load_published(self.name, LinearTimes)
        path = self.data.file(self.published.table)
        if path is None:
            raise self.data.lacks("measured fp32 times", self.published.wanted, self.published.origin)
        self.lines = read_table(path, LinearLine)

    @cached_property
    def machines(self) -> dict[str, Machine]:
        """The machine of every device."""
        return {device: load_machine(name).only("gemm") for device, name in self.published.machines.items()}

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Every product of a device with a machine, simulated once."""
        return [found for device, machine in self.machines.items() for found in self._on(device, machine)]

    def rows(self) -> list[Row]:
        """The time of every product."""
        return [
            Row(self.name, each.case, "time, us", each.line.latency_us, each.simulated_us, False, self.published.source)
            for each in self.comparisons
        ]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """What power limits, the product furthest off by card, and devices that are left out."""
        devices = Counter(line.device for line in self.lines if line.device not in self.machines)
        return {
            "power": [self._limits(name, group) for name, group in self._by_machine.items()],
            "host": [_beyond_the_card(name, group) for name, group in self._by_machine.items()],
            "worst": [_worst(group) for group in self._by_machine.values()],
            "unknown": [{"device": device, "products": products} for device, products in devices.items()],
        }

    def cases(self) -> list[dict[str, Any]]:
        """Errors by card, in percent: mean absolute, mean, and largest absolute."""
        return [
            {
                "card": name,
                "products": len(group),
                "error %": round(fmean(abs(each.error_pct) for each in group), 1),
                "error ±%": round(fmean(each.error_pct for each in group), 1),
                "largest %": round(max(abs(each.error_pct) for each in group), 1),
            }
            for name, group in self._by_machine.items()
        ]

    def studies(self) -> Iterator[Study]:
        """Every product."""
        import pandas as pd  # takes long to import; only those who ask for files need it

        from sparsesim.report.tensor_core import plot_times

        yield Study("points", pd.DataFrame([self._record(each) for each in self.comparisons]), plot_times)

    @cached_property
    def _by_machine(self) -> dict[str, list[Comparison]]:
        groups: dict[str, list[Comparison]] = {}
        for each in self.comparisons:
            groups.setdefault(each.machine, []).append(each)
        return groups

    def _on(self, device: str, machine: Machine) -> Iterator[Comparison]:
        lines = [line for line in self.lines if line.device == device]
        self.progress(f"{machine.name}, {len(lines)} products")
        for line in lines:
            shape = line.batch * line.m, line.n, line.k, self.published.dtype
            yield Comparison(machine.name, line, *time_us(*shape, machine, False, self.published.runs))

    def _limits(self, name: str, group: Sequence[Comparison]) -> Figures:
        machine = next(machine for machine in self.machines.values() if machine.name == name)
        per_cycle = machine.unit.peak_macs_per_cycle(dtype_by_name(self.published.dtype))
        return {
            "card": name,
            "limited": sum(each.bottleneck == "power" for each in group),
            "products": len(group),
            "measured": median(each.flop / each.line.latency_us for each in group) / 1e6,
            "simulated": median(each.flop / each.simulated_us for each in group) / 1e6,
            "peak": OPERATIONS_PER_MAC * per_cycle * machine.clock_hz / 1e12,
        }

    def _record(self, each: Comparison) -> dict[str, Any]:
        line = each.line
        return {
            "card": each.machine,
            "type": self.published.dtype.upper(),
            "kernel": "dense",
            "m_tokens": line.batch * line.m,
            "n": line.n,
            "k": line.k,
            "fitted": False,
            "dense_measured_us": line.latency_us,
            "dense_simulated_us": each.simulated_us,
            "sparse_measured_us": None,
            "sparse_simulated_us": None,
            "dense_error_pct": each.error_pct,
            "dense_bottleneck": each.bottleneck,
        }


def _beyond_the_card(name: str, group: Sequence[Comparison]) -> Figures:
    """How much longer the shortest products take than simulated."""
    shortest = sorted(group, key=lambda each: each.line.latency_us)[:SHORTEST]
    longer = median(each.line.latency_us - each.simulated_us for each in shortest)
    return {"card": name, "products": len(shortest), "host_us": longer}


def _worst(group: Sequence[Comparison]) -> Figures:
    each = max(group, key=lambda found: abs(found.error_pct))
    return {"case": each.case, "error": each.error_pct}
