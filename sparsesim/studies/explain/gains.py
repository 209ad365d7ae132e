"""What a run and its layers take, and what they gain from more of a resource."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

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
