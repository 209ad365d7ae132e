"""`Result`: what one matmul took on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sparsesim.energies import ENERGIES
from sparsesim.results.columns import AXES, COUNTS, DETAILS, DRAM, ENERGY, TIME


@dataclass(frozen=True)
class Result:
    """What one matmul, C[M,N] = A[M,K] @ B[K,N], took on one machine.

    A point that a machine or format refuses has `status` "refused", the reason in `note`, and no figures.

    Attributes:
        network: label of the network, "matrix" for a product on its own.
        layer: name of the operation.
        pruner: name of the pruner, "none" if unpruned, "given" if the weights came pruned.
        sparsity: share of the network's weights that the pruner was asked to remove, in [0, 1); for weights that came
            pruned the share that is zero.
        format: storage format of the network's weights.
        machine: name of the machine.
        point: content hash of everything that decides the figures of the network's layers in this format on this
            machine (see `sparsesim.studies.points`); empty for a product on its own.
        axes: what the sweep varies and no other field tells, such as "batch" or "dram.bandwidth_bytes_per_s", and its
            value here.
        kernel: the routine of the machine's library that ran.
        unpacked: "when loaded" if no kernel takes the format, so that weights were unpacked once and ran in another;
            "on the way" if the kernel unpacks them itself; else empty.
        energy_table: name of the table that `energy_pj` is priced with, or "measured power".
        weights: where the weights come from, such as "trained" or "given"; "none" for a product of two activations.
        dtype: number type of A.
        m: rows of A and C, of one group.
        n: columns of B and C.
        k: columns of A and rows of B, of one group.
        repeat: how many times the operation is done, one after the other; all figures below are for all of them.
        groups: independent products of equal size that are started together.
        a_nnz: non-zeros of A, in all groups.
        a_density: share of A that is non-zero, in [0, 1].
        b_density: share of B that is non-zero, in [0, 1].
        empty_rows: rows of A without a non-zero that were left out of the product, in all groups. They count in `m`,
            `groups` and `a_density`, as the layer stands in its network.
        empty_columns: columns of A without a non-zero that were left out together with their rows of B, in all groups.
            They count in `k`, `groups`, `a_density` and `b_density`.
        a_bytes: size of A as the kernel gets it, metadata included, in bytes.
        a_metadata_bits: the part of it that is not values, in bits.
        macs: products of two non-zeros, the useful work.
        cycles: clock cycles at the nominal clock.
        seconds: run time in s, including what a power cap adds.
        time_s: `seconds` by the resource that decided them, longest first; see `sparsesim list bottlenecks`.
        energy_pj: energy in pJ: dynamic by component, "static" (idle power), and "dynamic" and "total", the sums
            without and with it.
        dram_bytes: DRAM traffic in bytes, by tensor.
        counts: how often each priced action happened, by the names of energy tables.
        details: further figures that only this kind of accelerator has, such as "tiles" or "condensed_columns".
        bottleneck: the resource that most of the time went to, the first of `time_s`.
        utilisation: useful MACs over those the unit could have done in the same time, in [0, 1].
        bandwidth_utilisation: DRAM traffic over what peak bandwidth allows in the same time, in [0, 1].
        power_w: mean power in W: the measured power of the routine, else idle power, and dynamic energy at the
            machine's own prices over the time.
        idle_w: power in W that the machine draws at all times; None if unpublished, and "static" is 0 then.
        peak_macs_per_s: MACs per second that the unit could do at most.
        peak_bytes_per_s: peak DRAM bandwidth in bytes/s.
        simulation_seconds: time that the simulation itself took, in s.
        status: "ok" or "refused".
        note: reason of a refusal, or a remark.

    >>> import sparsesim as ss
    >>> (result,) = ss.multiply("karate", None, "sparch")
    >>> result.status, result.bottleneck == next(iter(result.time_s)), result.flat()["energy_total_pj"] > 0
    ('ok', True, True)
    """

    network: str
    layer: str
    pruner: str
    sparsity: float
    format: str
    machine: str
    energy_table: str
    weights: str
    dtype: str
    m: int
    n: int
    k: int
    repeat: int
    groups: int
    a_nnz: int
    a_density: float
    b_density: float
    point: str = ""
    axes: Mapping[str, Any] = field(default_factory=dict)
    kernel: str = ""
    unpacked: str = ""
    empty_rows: int = 0
    empty_columns: int = 0
    a_bytes: int = 0
    a_metadata_bits: int = 0
    macs: int = 0
    cycles: int = 0
    seconds: float = 0.0
    time_s: Mapping[str, float] = field(default_factory=dict)
    energy_pj: Mapping[str, float] = field(default_factory=dict)
    dram_bytes: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    bottleneck: str = ""
    utilisation: float = 0.0
    bandwidth_utilisation: float = 0.0
    power_w: float = 0.0
    idle_w: float | None = None
    peak_macs_per_s: float = 0.0
    peak_bytes_per_s: float = 0.0
    simulation_seconds: float = 0.0
    status: str = "ok"
    note: str = ""

    @property
    def operands(self) -> str:
        """Where A and B were read from: "L2" if the run before left them there, "DRAM", or "L2 and DRAM"."""
        read = [self.dram_bytes.get(name, 0) for name in ("A", "B")]
        if self.cycles and not any(read):
            return "L2"
        return "L2 and DRAM" if self.cycles and read[0] < self.a_bytes * self.repeat else "DRAM"

    def flat(self) -> dict[str, Any]:
        """One level of plain columns; nested fields become time_wave_tail_s, energy_dram_pj, dram_A_bytes and so on.

        Energies are always there, so that a table of nothing but refused points has the columns of any other.
        """
        nested = ("axes", "time_s", "energy_pj", "dram_bytes", "counts", "details")
        record = {name: value for name, value in self._fields().items() if name not in nested}
        record |= {AXES.column(name): value for name, value in self.axes.items()}
        record |= {TIME.column(resource): seconds for resource, seconds in self.time_s.items()}
        record |= {ENERGY.column(part): self.energy_pj.get(part, 0.0) for part in ENERGIES}
        record |= {DRAM.column(tensor): size for tensor, size in self.dram_bytes.items()}
        record |= {COUNTS.column(action): count for action, count in self.counts.items()}
        record |= {DETAILS.column(name): value for name, value in self.details.items()}
        return record

    def as_object(self) -> dict[str, Any]:
        """The record for JSON: time, energy, bytes, counts and details are nested; the bytes have a total.

        `operands` is added.
        """
        return self._fields() | {"dram_bytes": with_total(self.dram_bytes), "operands": self.operands}

    def _fields(self) -> dict[str, Any]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


def with_total(dram_bytes: Mapping[str, int]) -> dict[str, int]:
    """Bytes by tensor and "total", as JSON shows them."""
    return {**dram_bytes, "total": sum(dram_bytes.values())}
