"""Equal resources: a machine built wider or narrower until it has as much of something as another."""

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, get_args

from sparsesim.errors import FaultsError, InputError, UnknownNameError
from sparsesim.hardware.machine import Machine
from sparsesim.hardware.variants import with_fields
from sparsesim.places import shown, within
from sparsesim.units import parse_quantity

Resource: TypeAlias = Literal["macs_per_cycle", "bandwidth", "area"]

BANDWIDTH: Final = "dram.bandwidth_bytes_per_s"
ROUNDING: Final = 0.1
"""Whole numbers of parts may miss the target by this share of it; beyond, the machine is refused."""
_HALVINGS: Final = 40
"""Of the interval in which the factor for an area lies."""


def scaled_to(machine: Machine, resource: str, target: Machine | float | str, dtype: str | None = None) -> Machine:
    """A machine with as much of a resource as another one has, or as a number says.

    - "macs_per_cycle": every unit gets wider by one factor, so that the largest peak for the number type `dtype` is
      that of the target. What grows is `scaling.width` of the unit: multipliers with what feeds and follows them, such
      as SMs, or SpArch's fetchers, mergers and FIFOs. Capacities that the parts share (caches, prefetch buffer) stay,
      and so do DRAM and clock. `dtype` is the default type of the target, or of the machine if that is a number.
    - "bandwidth": the peak of DRAM in B/s, or text such as "900 GB/s". Its channels, latency and efficiency stay.
    - "area": every unit and its shared capacities grow by one factor, the largest whose area in mm2 is no more than
      that of the target. DRAM is not part of it. Areas of different nodes are refused: below 28 nm the name of a node
      is no length, so only who asks can say what an area would be at another.

    Whole numbers are rounded (SMs, and rates as they do; groups of multipliers): the peak or area may miss the target
    by a tenth and is refused beyond, as is a factor that leaves less than one of something. The sources of what
    changed say the factor, and what was reached if that is something else.

    What is not scaled, and what to print beside a comparison therefore:

    - the clock: equal MACs per cycle are not equal MACs per second; set `clock_hz` too where these are meant.
    - energy: prices stay those of the machine's own technology, per action; wires of a unit that is a hundred times as
      wide would be longer. Idle power and power cap stay, and power that was measured is left out.
    - whether it can be built: SpArch's merger has about width**2 / 16 comparators per layer, so `area_by_part_mm2`
      grows with the square. Several units side by side would take less area and read rows of B more than once.
    - structure: 64 ways of a merge tree, tiles, instruction shapes and latencies are those of the machine as published.

    Raises InputError with machine and resource, also for a resource, number type or area that is not known.

    >>> import sparsesim as ss
    >>> from sparsesim.hardware import scaled_to
    >>> wide = scaled_to(ss.load_machine("sparch"), "macs_per_cycle", ss.load_machine("sparseloop-tc"))
    >>> wide.unit.macs_per_cycle["int8"], wide.unit.merger_elements_per_cycle, wide.unit.prefetch_lines
    (1024, 1024, 1024)
    >>> wide.sources["accelerator.macs_per_cycle.int8"]
    'scaled by 64 to the macs_per_cycle of sparseloop-tc (int8)'
    """
    if resource not in get_args(Resource):
        raise UnknownNameError("resource", resource, get_args(Resource))
    with within(f"{machine.name}: {resource}"):
        if resource == "bandwidth":
            return _with_bandwidth(machine, target)
        return _with_area(machine, target) if resource == "area" else _with_macs(machine, target, dtype)


def amount_of(machine: Machine, resource: str, dtype: str | None = None) -> float:
    """What a machine has of a resource: peak MACs per cycle of its fastest kernel for a number type, B/s, or mm2.

    `dtype` is the machine's default type if left out. Raises InputError for a type or an area that is not known.
    """
    if resource == "bandwidth":
        return machine.dram.bandwidth_bytes_per_s
    if resource == "area":
        if machine.area_mm2 is None:
            raise InputError(f"the area of {machine.name} is not known: its file has no section `area`")
        return machine.area_mm2
    if resource != "macs_per_cycle":
        raise UnknownNameError("resource", resource, get_args(Resource))
    name = dtype or machine.default_dtype
    rates = [kernel.unit.macs_per_cycle.get(name, 0) for kernel in machine.library.values()]
    if not any(rates):
        known = dict.fromkeys(each for kernel in machine.library.values() for each in kernel.unit.macs_per_cycle)
        raise InputError(f"number type {name} is not offered by {machine.name} (it has {', '.join(known)})")
    return max(rates)


def _with_bandwidth(machine: Machine, target: Machine | float | str) -> Machine:
    if isinstance(target, Machine):
        wanted, source = target.dram.bandwidth_bytes_per_s, f"scaled to the bandwidth of {target.name}"
    else:
        wanted, source = parse_quantity(target, "B/s"), f"scaled to {target}"
    return machine if wanted == machine.dram.bandwidth_bytes_per_s else _set(machine, {BANDWIDTH: wanted}, source)


def _with_macs(machine: Machine, target: Machine | float | str, dtype: str | None) -> Machine:
    name = dtype or (target if isinstance(target, Machine) else machine).default_dtype
    own = amount_of(machine, "macs_per_cycle", name)
    wanted = amount_of(target, "macs_per_cycle", name) if isinstance(target, Machine) else _positive(target)
    told = f"the macs_per_cycle of {target.name}" if isinstance(target, Machine) else f"{wanted:g} macs_per_cycle"
    return _grown(
        machine,
        wanted / own,
        wanted,
        f"{told} ({name})",
        buffers=False,
        amount=lambda scaled: amount_of(scaled, "macs_per_cycle", name),
    )


def _with_area(machine: Machine, target: Machine | float | str) -> Machine:
    own = amount_of(machine, "area")
    wanted = amount_of(target, "area") if isinstance(target, Machine) else _positive(target)
    if isinstance(target, Machine):
        _same_node(machine, target)
    told = f"the area of {target.name}" if isinstance(target, Machine) else f"{wanted:g} mm2"

    def is_more(factor: float) -> bool:
        changes = _changes(machine, factor, buffers=True)
        return amount_of(_set(machine, changes), "area") > wanted * (1 + 1e-9)

    def is_too_much(factor: float) -> bool:
        try:
            return is_more(factor)
        except InputError:  # less than one of something, or more than a field may have
            return factor > 1

    low = high = 1.0
    while not is_too_much(high) and high < wanted / own:
        high *= 2
    while is_too_much(low) and low > 2**-_HALVINGS:
        low /= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_too_much(middle) else (middle, high)
    return _grown(machine, low, wanted, told, buffers=True, amount=lambda scaled: amount_of(scaled, "area"))


def _same_node(machine: Machine, target: Machine) -> None:
    nodes = [each.area.node_nm for each in (machine, target) if each.area is not None]
    if nodes[0] != nodes[1]:
        ours, theirs = nodes
        square = amount_of(target, "area") * (ours / theirs) ** 2
        raise InputError(
            f"that of {target.name} is at {theirs:g} nm, not {ours:g} nm: give mm2 at {ours:g} nm "
            f"({square:.4g} if areas shrink with the square of the node)"
        )


def _grown(
    machine: Machine, factor: float, wanted: float, told: str, buffers: bool, amount: Callable[[Machine], float]
) -> Machine:
    """The machine with all units wider by a factor; InputError where whole numbers miss what is wanted by too much."""
    if amount(machine) == wanted:
        return machine
    changes = _changes(machine, factor, buffers)
    reached = amount(_set(machine, changes))
    if abs(reached / wanted - 1) > ROUNDING:
        raise InputError(f"{wanted:g} cannot be reached with whole numbers of parts, the nearest is {reached:g}")
    rest = "" if reached == wanted else f"; in whole numbers it has {reached:g}"
    return _set(machine, changes, f"scaled by {factor:.6g} to {told}{rest}")


def _changes(machine: Machine, factor: float, buffers: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, kernel in machine.library.items():
        with within(f"kernels.{name}" if machine.accelerator is None else "accelerator"):
            grown = kernel.unit.grown(factor, buffers)
        changes |= {f"kernels.{name}.{path}": value for path, value in grown.items()}
    return changes


def _set(machine: Machine, changes: dict[str, Any], source: str = "") -> Machine:
    """`with_fields`, whose faults here come after the name of the machine."""
    try:
        return with_fields(machine, changes, source)
    except FaultsError as error:
        raise FaultsError(fault.removeprefix(f"{machine.name}: ") for fault in error.faults) from error


def _positive(target: Any) -> float:
    if isinstance(target, bool) or not isinstance(target, int | float) or not 0 < target < float("inf"):
        raise InputError(f"{shown(target)}: must be a machine, or a number above zero")
    return target
