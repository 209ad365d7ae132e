"""`Explanation`: what time went to, what more of each resource gains, and what that means in sentences."""

from collections.abc import Iterable, Mapping, Sequence
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
        relieves: by resource that there could be more of, the names in `time_s` of what it shortens.
        layers: every layer; one for a single product.
        total: all of them together.
    """

    workload: str
    machine: str
    format: str
    energy_table: str
    relieves: Mapping[str, tuple[str, ...]]
    layers: tuple[Part, ...]
    total: Part
    remarks: tuple[str, ...] = ()

    @property
    def ranked(self) -> list[str]:
        """Resources, the largest gain first; all of them at once is not among them."""
        gains = self.total.twice
        return sorted((name for name in gains if name in self.relieves), key=lambda name: -gains[name].speedup)

    @property
    def answer(self) -> list[str]:
        """Sentences: what decides, what helps most, and why what seems to be missing does not help."""
        return [*self._decides(), *self._helps(), *self._power(), *self._hidden(), *self._slower(), *self.remarks]

    def reason(self, name: str) -> str:
        """Why twice as much of a resource gains what it gains, in a few words; empty where the gain speaks."""
        gain, share = self.total.twice[name].speedup, self.total.share(self.relieves.get(name, ()))
        if gain < 1 - SLOWER:
            return "slower: see below"
        if gain >= 1 + WORTH:
            return ""
        if self.total.share(["power"]) >= DECIDES and name != "power cap":
            return "under the power cap, energy decides"
        if share < WORTH:
            return "nothing waits for it"
        return f"{share:.0%} of the time, but something else takes its place"

    def as_object(self) -> dict[str, Any]:
        """Everything as plain values, for JSON and for pictures."""
        return {
            "workload": self.workload,
            "machine": self.machine,
            "format": self.format,
            "energy_table": self.energy_table,
            "relieves": {name: list(names) for name, names in self.relieves.items()},
            "layers": [_object(part) for part in self.layers],
            "total": _object(self.total),
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
                "share": part.share(self.relieves.get(name, ())),
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
        gain = self.total.twice[best]
        line = f"Twice as much {best} gains most: {gain.speedup:.3g}x"
        if best in self.total.endless:
            endless = self.total.endless[best]
            line += f"; endless, {endless.speedup:.3g}x, and then {endless.bottleneck} takes most of the time"
        return [f"{line}."]

    def _power(self) -> list[str]:
        share = self.total.share(["power"])
        if share < 0.05:
            return []
        return [
            f"The power cap decides {share:.0%} of the time: energy over the watts left, however fast units and memories "
            "are. There only a higher cap or less energy helps (fewer bytes moved, cheaper arithmetic), not more MACs."
        ]

    def _hidden(self) -> list[str]:
        """The bottleneck without a gain: its place is taken at once."""
        name = self.total.bottleneck
        helps = [each for each in self.ranked if name in self.relieves[each]]
        if not helps:
            return [f"No resource of the machine shortens {name!r}."] if self.total.share([name]) >= DECIDES / 2 else []
        best = self.total.twice[helps[0]]
        if best.speedup >= 1 + WORTH or name == "power":
            return []
        return [f"More {helps[0]} gains nothing, although {name} is the bottleneck: then {best.bottleneck} takes as long."]

    def _slower(self) -> list[str]:
        slow = [name for name in self.total.twice if self.total.twice[name].speedup < 1 - SLOWER]
        return [
            f"With twice as much {name} the run is slower ({self.total.twice[name].speedup:.3g}x): the plan that is then "
            "taken is not the best one, which is a weakness of the model and not of the machine."
            for name in slow
        ]


def _object(part: Part) -> dict[str, Any]:
    return asdict(part)


def whole(parts: Sequence[Part], again: Mapping[str, "Sums"], endless: Mapping[str, "Sums"], base: "Sums") -> Part:
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
