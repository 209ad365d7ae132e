"""`Explanation`: what time went to, what more of each resource gains, and what that means in sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

WORTH: Final = 0.01
"""A gain of less is none: it is within the rounding of plans."""
SLOWER: Final = 0.005
"""From so much longer on, more of a resource is said to make a run slower."""
DECIDES: Final = 0.5
"""Share of the time from which on one resource decides it."""

TWICE: Final = 2.0
ENDLESS: Final = 256.0
"""Times as much of a resource as nothing will wait for: large beside every ratio of rates on a card."""
ALL: Final = "all at once"


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
class Gain:
    """What a run takes with more of a resource.

    Attributes:
        speedup: time before over time with more of it.
        energy_ratio: energy before over energy with more of it.
        bottleneck: what most of the time goes to then.
        kernel: what runs then.
    """

    speedup: float
    energy_ratio: float
    bottleneck: str
    kernel: str


@dataclass(frozen=True)
class Part:
    """One layer, or the whole run.

    Attributes:
        layer: its name; "total" for the whole.
        seconds, energy_pj: without more of anything; the energy is the total.
        time_s: seconds by the resource that decided them, longest first.
        bottleneck: the first of them.
        kernel: what ran; for the whole, what took most time first.
        twice, endless: gain by resource from twice as much, and from as much as nothing waits for.
    """

    layer: str
    seconds: float
    energy_pj: float
    time_s: Mapping[str, float]
    bottleneck: str
    kernel: str
    twice: Mapping[str, Gain]
    endless: Mapping[str, Gain]

    def share(self, names: Iterable[str]) -> float:
        """Of these resources in the time, in [0, 1]."""
        return sum(self.time_s.get(name, 0.0) for name in names) / self.seconds if self.seconds else 0.0


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
        return [*self._decides(), *self._helps(), *self._power(), *self._hidden(), *self._slower(), *self.remarks]

    def reason(self, name: str) -> str:
        """Why twice as much of a resource gains what it gains, in a few words; empty where the gain speaks."""
        gain, relieves = self.total.twice[name].speedup, self.resources[name].relieves
        share = self.total.share(relieves)
        if gain < 1 - SLOWER:
            return "slower: see below"
        # Half of its share is what it saves while everything else stays as it is.
        saved = 1 / (1 - share / 2) - 1
        if gain >= 1 + WORTH:
            return "more than its share: plans or other waits change with it" if gain - 1 > saved + WORTH else ""
        if self.total.share(["power"]) >= DECIDES and "power" not in relieves:
            return "under the power cap, energy decides"
        if share < WORTH:
            return "hardly anything waits for it" if share else "nothing waits for it"
        if gain - 1 > saved / 2:
            return ""
        spent = " and ".join(each for each in relieves if self.total.share([each]) >= WORTH)
        return f"{share:.0%} of the time goes to {spent}, which it does not shorten here"

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

    def _decides(self) -> list[str]:
        shares = {name: seconds / self.total.seconds for name, seconds in self.total.time_s.items()}
        told = ", ".join(f"{name} {share:.0%}" for name, share in list(shares.items())[:3])
        return [f"Time goes to {told}."] if shares else []

    def _helps(self) -> list[str]:
        best = self.ranked[0] if self.ranked else None
        if best is None or self.total.twice[best].speedup < 1 + WORTH:
            return ["Nothing gains 1 % on its own."]
        gain, words = self.total.twice[best], self.resources[best].words
        line = f"{words[0].upper()}{words[1:]} gains most: {gain.speedup:.3g}x in time, {gain.energy_ratio:.3g}x in energy"
        if best in self.total.endless:
            endless = self.total.endless[best]
            line += f"; even if nothing waited for it, {endless.speedup:.3g}x, with {endless.bottleneck} as the bottleneck"
        return [f"{line}."]

    def _power(self) -> list[str]:
        share = self.total.share(["power"])
        if share < 0.05:
            return []
        line = (
            f"The power cap decides {share:.0%} of the time: energy over the watts left, however fast units and memories "
            "are. There a higher cap or less energy helps (fewer bytes moved, cheaper arithmetic); more MACs gain nothing."
        )
        cap = next((name for name in self.ranked if "power" in self.resources[name].relieves), None)
        if cap in self.total.endless:
            without = self.total.endless[cap]
            line += f" Without it the run is {without.speedup:.3g}x as fast, and {without.bottleneck} decides."
        return [line]

    def _hidden(self) -> list[str]:
        """The bottleneck without a gain: its place is taken at once."""
        name = self.total.bottleneck
        helps = [each for each in self.ranked if name in self.resources[each].relieves]
        if not helps:
            return [f"Nothing that the machine could have more of shortens {name}."] if name else []
        best = self.total.twice[helps[0]]
        if best.speedup >= 1 + WORTH or name == "power":
            return []
        words = self.resources[helps[0]].words
        return [f"{name} is the bottleneck, yet {words} gains nothing: then {best.bottleneck} takes as long."]

    def _slower(self) -> list[str]:
        slow = [name for name in self.total.twice if self.total.twice[name].speedup < 1 - SLOWER]
        return [
            f"With {self.resources[name].words if name in self.resources else name} the run is slower "
            f"({self.total.twice[name].speedup:.3g}x): work is cut or shared out otherwise then, and less evenly."
            for name in slow
        ]


def whole(again: Mapping[str, "Sums"], endless: Mapping[str, "Sums"], base: "Sums") -> Part:
    """All parts together, from the sums of what each variant took."""
    return Part(
        "total",
        base.seconds,
        base.energy_pj,
        base.time_s,
        base.bottleneck,
        base.kernel,
        {name: base.gain_of(sums) for name, sums in again.items()},
        {name: base.gain_of(sums) for name, sums in endless.items()},
    )


class Sums:
    """What layers took on one variant of the machine, added up."""

    def __init__(self) -> None:
        self.seconds, self.energy_pj = 0.0, 0.0
        self._time_s: dict[str, float] = {}
        self._kernels: dict[str, float] = {}

    def add(self, seconds: float, energy_pj: float, time_s: Mapping[str, float], kernel: str) -> None:
        """One layer more."""
        self.seconds += seconds
        self.energy_pj += energy_pj
        self._kernels[kernel] = self._kernels.get(kernel, 0.0) + seconds
        for name, spent in time_s.items():
            self._time_s[name] = self._time_s.get(name, 0.0) + spent

    @property
    def time_s(self) -> dict[str, float]:
        """Seconds by resource, longest first."""
        return dict(sorted(self._time_s.items(), key=lambda item: -item[1]))

    @property
    def bottleneck(self) -> str:
        """What most of the time went to."""
        return next(iter(self.time_s), "")

    @property
    def kernel(self) -> str:
        """What ran, what took most time first."""
        return " + ".join(sorted(self._kernels, key=lambda name: -self._kernels[name]))

    def gain_of(self, after: "Sums") -> Gain:
        """What another variant gains over this one."""
        return Gain(
            self.seconds / after.seconds if after.seconds else 1.0,
            self.energy_pj / after.energy_pj if after.energy_pj else 1.0,
            after.bottleneck,
            after.kernel,
        )
