"""`Result`: what one matmul took on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sparsesim.hardware.energy import ENERGIES
from sparsesim.results.columns import COUNTS, DETAILS, DRAM, ENERGY


@dataclass(frozen=True)
class Result:
    """What one matmul, C[M,N] = A[M,K] @ B[K,N], took on one machine.

    A point that a machine or format refuses has `status` "refused", the reason in `note`, and no figures.

    Attributes:
        network: label of the network, "matrix" for a product on its own.
        layer: name of the operation.
        pruner: name of the pruner, "none" if unpruned.
        sparsity: share of the network's weights that the pruner was asked to remove, in [0, 1).
        format: storage format of the network's weights.
        machine: name of the machine.
        kernel: the routine of the machine's library that ran.
        unpacked: "when loaded" if no kernel takes the format, so that the weights were unpacked once and ran in another;
            "on the way" if the kernel unpacks them itself; else empty.
        energy_table: name of the table that `energy_pj` is priced with, or "measured power".
        weights: where the weights come from, such as "trained" or "given".
        dtype: number type of A.
        m: rows of A and C, of one group.
        n: columns of B and C.
        k: columns of A and rows of B, of one group.
        repeat: how many times the operation is done, one after the other; all figures below are for all of them.
        groups: independent products of equal size that are started together.
        a_nnz: non-zeros of A, in all groups.
        a_density: share of A that is non-zero, in [0, 1].
        b_density: share of B that is non-zero, in [0, 1].
        a_bytes: size of A as the kernel gets it, metadata included, in bytes.
        a_metadata_bits: the part of it that is not values, in bits.
        macs: products of two non-zeros, the useful work.
        cycles: clock cycles at the nominal clock.
        seconds: run time in s, including what a power cap adds.
        energy_pj: energy in pJ: dynamic by component, "static" (idle power), and "dynamic" and "total", the sums
            without and with it.
        dram_bytes: DRAM traffic in bytes, by tensor.
        counts: how often each priced action happened, by the names of energy tables.
        details: further figures that only this kind of accelerator has, such as "tiles" or "condensed_columns".
        bottleneck: what the time went to: "compute", "memory", "launch" or "power".
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
    kernel: str = ""
    unpacked: str = ""
    a_bytes: int = 0
    a_metadata_bits: int = 0
    macs: int = 0
    cycles: int = 0
    seconds: float = 0.0
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

    def flat(self) -> dict[str, Any]:
        """One level of plain columns; nested fields become energy_dram_pj, dram_A_bytes, count_mult_fp16, detail_tiles.

        Energies are always there, so that a table of nothing but refused points has the columns of any other.
        """
        nested = ("energy_pj", "dram_bytes", "counts", "details")
        record = {name: value for name, value in self._fields().items() if name not in nested}
        record |= {ENERGY.column(part): self.energy_pj.get(part, 0.0) for part in ENERGIES}
        record |= {DRAM.column(tensor): size for tensor, size in self.dram_bytes.items()}
        record |= {COUNTS.column(action): count for action, count in self.counts.items()}
        record |= {DETAILS.column(name): value for name, value in self.details.items()}
        return record

    def as_object(self) -> dict[str, Any]:
        """The record for JSON: energy, bytes, counts and details are nested objects; the bytes have a total."""
        return self._fields() | {"dram_bytes": with_total(self.dram_bytes)}

    def _fields(self) -> dict[str, Any]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


def with_total(dram_bytes: Mapping[str, int]) -> dict[str, int]:
    """Bytes by tensor and "total", as JSON shows them."""
    return {**dram_bytes, "total": sum(dram_bytes.values())}
