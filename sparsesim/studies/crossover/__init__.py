"""From where on one format or machine overtakes another: over sparsity, batch or size."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import ENGINES
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import EnergyTable, Machine, common_table
from sparsesim.identity import content_hash
from sparsesim.lowering import Lowering
from sparsesim.lowering.options import DEFAULT_DTYPE
from sparsesim.networks import Network, load_network
from sparsesim.results import Result
from sparsesim.studies.crossover.axes import AXES, Axis, axis_named
from sparsesim.studies.crossover.contenders import Contender, as_contender
from sparsesim.studies.crossover.found import Crossing, Crossover, Point, Region, crossings_of, regions_of
from sparsesim.studies.crossover.search import searched
from sparsesim.studies.crossover.workloads import AXIS_SIDE, GemmWorkload, NetworkWorkload, Workload
from sparsesim.studies.labels import Named, distinct_labels, refuse_equal
from sparsesim.transforms import LayerInputs
from sparsesim.yaml_file import Given

BAND: Final = 0.1
"""How far a ratio of two simulated times is off on average: 7 to 12 % for dense over 2:4 products on A100, H100 and RTX
4090 (`sparsesim validate tensor-core`), 10 % for SpMM on column vectors (`sparsesim validate spmm`)."""

FIGURES: Final = {"seconds": "time", "energy": "energy"}
"""What can be compared, in words."""
SIDES: Final = ("first", "second")

__all__ = [
    "AXES",
    "AXIS_SIDE",
    "BAND",
    "FIGURES",
    "Axis",
    "Contender",
    "Crossing",
    "Crossover",
    "Point",
    "Region",
    "crossover",
]


def crossover(
    first: str | Contender,
    second: str | Contender,
    over: str = "sparsity",
    *,
    network: str | Path | Network | None = None,
    gemm: Sequence[int | str] | None = None,
    low: float | None = None,
    high: float | None = None,
    resolution: float | None = None,
    points: int | None = None,
    pruner: str = "magnitude",
    sparsity: float | None = None,
    batch: int = 1,
    dtype: str | None = None,
    lowering: Lowering | None = None,
    figure: str = "seconds",
    band: float = BAND,
    energy_table: Given | EnergyTable | None = None,
    engine: str = "fast",
    seed: int = 0,
    inputs: LayerInputs | None = None,
    on_violation: str | None = None,
    on_point: Callable[[Point], None] | None = None,
) -> Crossover:
    """Where `first` overtakes `second`, or the other way round, along one axis.

    A coarse grid is simulated first; between two of its points where the lead changes, or where the ratio passes the
    band, values are halved until neighbours are left. Every change that the points show is told; what comes and goes
    between two of them is not seen, and the answer warns where the ratio rises and falls.

    Args:
        first: FORMAT@MACHINE or FORMAT@MACHINE+PRUNER, or a Contender.
        second: the same.
        over: "sparsity", "batch", or "size" of a GEMM.
        network: by name, by path or itself; or else
        gemm: M, N, K: M tokens times N x K seeded weights, timed as `gemm` does; "S" stands for the size, and S x S x S
            is what a size is that of if nothing is given. A batch is so many times M tokens.
        low: the lower end of the search, by default a sparsity of 0.5, a batch of 1 and a size of 64.
        high: the upper end, by default 0.99, 256 and 8192.
        resolution: how closely crossings are told: 0.001 of sparsity, else 1. Only its multiples are simulated.
        points: how many of them the coarse grid has, by default 9.
        pruner: of the sides that name none, by its name; along a sparsity it gets the value. A GEMM has seeded weights.
        sparsity: of pruners that need one, where it is not the axis.
        batch: samples at a time, where it is not the axis.
        dtype: number type of both sides, by default fp16.
        lowering: instead of batch and dtype, with what the layers read.
        figure: "seconds", or "energy": dynamic and idle, without the latter where only one of two machines publishes
            it.
        band: share by which the ratio may be off 1 without a winner.
        energy_table: see `compare`, as the next.
        engine: see there.
        seed: of the weights of a GEMM.
        inputs: what the layers read (see `capture`), for pruners that look at it.
        on_violation: see `compare`.
        on_point: called with every point that is simulated.

    Raises InputError before any work for what does not fit together, and where a side refuses a point.

    >>> import sparsesim as ss
    >>> found = ss.crossover("nm-2:4@a100-pcie", "dense@a100-pcie", "size", pruner="2:4", resolution=64, high=4096)
    >>> [(crossing.ahead, crossing.value % 64) for crossing in found.crossings]
    [('first', 0)]
    >>> found.points[0].ratio < 1 < found.points[-1].ratio
    True
    """
    axis = axis_named(over, low=low, high=high, resolution=resolution, points=points)
    sides = [as_contender(given).loaded(on_violation) for given in (first, second)]
    machines = [side.machine for side in sides if isinstance(side.machine, Machine)]
    if figure not in FIGURES:
        raise UnknownNameError("figure", str(figure), FIGURES)
    if isinstance(band, bool) or not isinstance(band, int | float) or not 0 <= band < 10:
        raise InputError(f"band: {band!r}: a share from 0 to 10, such as {BAND}, is needed")
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    table = common_table(energy_table, [machine.name for machine in machines])
    if lowering is None:
        lowering = Lowering(dtype, batch)
    elif (batch, dtype) != (1, None):
        raise InputError("lowering has a batch and a dtype of its own: give it, or batch and dtype")
    workload = _workload(axis, network, gemm, pruner, sparsity, lowering, table, engine, seed, inputs)
    workload.check(axis, sides)
    names = _names(sides, (first, second))
    compared = _energy(machines) if figure == "energy" else "seconds"
    known: dict[int, Point] = {}

    def ratio(step: int) -> float:
        value = axis.value(step)
        both = workload.run(axis, value, sides)
        point = _point(value, both, compared)
        known[step] = point
        if on_point:
            on_point(point)
        return point.ratio

    steps = searched(ratio, axis.grid, sorted({1 / (1 + band), 1.0, 1 + band}))
    found = tuple(known[step] for step in steps)
    regions = regions_of(found, band)
    remarks = [*_unpacked(found, names), *_dynamic(compared, machines)]
    told = "energy_pj" if figure == "energy" else figure
    words = workload.in_words(axis)
    crossings = crossings_of(found, regions)
    return Crossover(names[0], names[1], axis, told, words, band, found, crossings, regions, tuple(remarks))


def _names(sides: Sequence[Contender], given: Sequence[str | Contender]) -> list[str]:
    """What both are called, with what differs in brackets; InputError where nothing does."""
    parts = [
        Named(side.label, content_hash([side.format, side.machine, side.pruner]), side.machine, str(as_written))
        for side, as_written in zip(sides, given, strict=True)
    ]
    refuse_equal("contenders", parts)
    return distinct_labels(parts)


def _workload(
    axis: Axis,
    network: str | Path | Network | None,
    gemm: Sequence[int | str] | None,
    pruner: str,
    sparsity: float | None,
    lowering: Lowering,
    table: EnergyTable | None,
    engine: str,
    seed: int,
    inputs: LayerInputs | None,
) -> Workload:
    if network is not None and gemm is not None:
        raise InputError("network and gemm: give one of them")
    if network is not None:
        return NetworkWorkload(load_network(network), pruner, sparsity, lowering, table, engine, inputs)
    if gemm is None and axis.name != "size":
        raise InputError(f"over: {axis.name} of what? A network or the sides of a GEMM are needed")
    sides = (AXIS_SIDE,) * 3 if gemm is None else tuple(gemm)
    if len(sides) != 3:
        raise InputError(f"gemm: {len(sides)} sides: M, N and K are needed")
    m, n, k = sides
    if lowering.batch != 1 and axis.name != "batch" and isinstance(m, int):
        m *= lowering.batch
    dtype = lowering.dtype or DEFAULT_DTYPE
    dtype_by_name(dtype)
    return GemmWorkload((m, n, k), pruner, sparsity, dtype, table, engine, seed)


def _point(value: float, both: Sequence[Sequence[Result]], figure: str) -> Point:
    first, second = (sum(_figure(result, figure) for result in own) for own in both)
    if not first or not second:
        raise InputError(f"nothing to compare: one side takes no {figure}")
    return Point(value, first, second, second / first, *(_kernels(own) for own in both))


def _figure(result: Result, figure: str) -> float:
    return result.seconds if figure == "seconds" else result.energy_pj[figure]


def _kernels(results: Sequence[Result]) -> str:
    """What ran, what took most time first; a star where weights were unpacked when they were loaded."""
    spent: dict[str, float] = {}
    for result in results:
        name = f"{result.kernel}{'*' if result.unpacked == 'when loaded' else ''}"
        spent[name] = spent.get(name, 0.0) + result.seconds
    return " + ".join(sorted(spent, key=lambda name: -spent[name]))


def _energy(machines: Sequence[Machine]) -> str:
    """Energy with idle power over energy without would say who published more, not who needs less."""
    return "dynamic" if len({machine.idle_w is None for machine in machines}) > 1 else "total"


def _dynamic(compared: str, machines: Sequence[Machine]) -> list[str]:
    if compared != "dynamic":
        return []
    silent = next(machine.name for machine in machines if machine.idle_w is None)
    return [f"Energies are dynamic: no idle power is published for {silent}."]


def _unpacked(points: Sequence[Point], names: Sequence[str]) -> list[str]:
    """What a star behind a kernel means, for each side that has one."""
    return [
        f"{name}: no kernel takes the format of some layers (*): they are unpacked when they are loaded."
        for side, name in zip(SIDES, names, strict=True)
        if any("*" in getattr(point, f"{side}_kernel") for point in points)
    ]
