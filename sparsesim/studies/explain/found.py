"""`Explanation`: what time went to, and what more of each resource gains."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sparsesim.studies.explain.gains import Part
from sparsesim.studies.explain.sentences import WORTH, reason, sentences


@dataclass(frozen=True)
class Resource:
    """Something that a machine could have more of.

    Attributes:
        relieves: names in `time_s` of what takes less time then.
        words: "twice the DRAM bandwidth", "half the launch".
        combined: whether it is several resources at once, as the clock is.
    """

    relieves: tuple[str, ...]
    words: str
    combined: bool = False


@dataclass(frozen=True)
class Explanation:
    """One run, taken apart.

    Attributes:
        workload: what ran, in words.
        machine, format: on what, and how its weights are stored.
        energy_table: whose prices the energies are at.
        resources: what the machine could have more of, by name.
        layers: every layer; one for a single product.
        total: all of them together.
    """

    workload: str
    machine: str
    format: str
    energy_table: str
    resources: Mapping[str, Resource]
    layers: tuple[Part, ...]
    total: Part
    remarks: tuple[str, ...] = ()

    @property
    def ranked(self) -> list[str]:
        """Single resources, the largest gain first."""
        single = [name for name, resource in self.resources.items() if not resource.combined]
        return sorted(single, key=lambda name: -self.total.twice[name].speedup)

    @property
    def telling(self) -> list[str]:
        """Those that gain or lose 0.1 % in any layer, or that time is spent on."""
        return [
            name
            for name in self.ranked
            if self.total.share(self.resources[name].relieves) >= WORTH
            or any(abs(part.twice[name].speedup - 1) >= WORTH / 10 for part in (*self.layers, self.total))
        ]

    @property
    def combined(self) -> list[str]:
        """What is several resources at once: the clock, and all of them."""
        return [name for name in self.total.twice if name not in self.resources or self.resources[name].combined]

    def alike(self) -> list[list[Part]]:
        """Layers in the order of the first of each kind: those are alike that take and gain the same."""
        found: dict[Any, list[Part]] = {}
        for part in self.layers:
            gains = tuple(gain.speedup for gain in part.twice.values())
            found.setdefault((part.seconds, part.energy_pj, part.bottleneck, gains), []).append(part)
        return list(found.values())

    @property
    def answer(self) -> list[str]:
        """Sentences: what decides, what helps most, and why what seems to be missing does not help."""
        return [*sentences(self), *self.remarks]

    def reason(self, name: str) -> str:
        """Why twice as much of a resource gains what it gains, in a few words; empty where the gain speaks."""
        return reason(self, name)

    def as_object(self) -> dict[str, Any]:
        """Everything as plain values, for JSON and for pictures."""
        return {
            "workload": self.workload,
            "machine": self.machine,
            "format": self.format,
            "energy_table": self.energy_table,
            "resources": {name: asdict(resource) for name, resource in self.resources.items()},
            "layers": [asdict(part) for part in self.layers],
            "total": asdict(self.total),
            "reasons": {name: self.reason(name) for name in self.ranked},
            "answer": self.answer,
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each layer and the total, and each resource: for tables of a fixed set of columns.

        Columns: `layer`, `seconds` (s), `energy_pj` (pJ), `bottleneck`, `kernel`, `resource`, `share` (of what it
        relieves in the time), `speedup`, `energy_ratio`, `next_bottleneck`, and `endless_speedup` and
        `endless_energy_ratio`, None where that is not meaningful. Ratios are before over after.
        """
        return [
            {
                **{name: getattr(part, name) for name in ("layer", "seconds", "energy_pj", "bottleneck", "kernel")},
                "resource": name,
                "share": part.share(self.resources[name].relieves) if name in self.resources else None,
                "speedup": gain.speedup,
                "energy_ratio": gain.energy_ratio,
                "next_bottleneck": gain.bottleneck,
                "endless_speedup": part.endless[name].speedup if name in part.endless else None,
                "endless_energy_ratio": part.endless[name].energy_ratio if name in part.endless else None,
            }
            for part in (*self.layers, self.total)
            for name, gain in part.twice.items()
        ]
