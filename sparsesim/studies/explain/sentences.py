"""What an explanation says in words: what decides, what helps most, and why what seems to be missing does not help."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sparsesim.studies.explain.found import Explanation

WORTH: Final = 0.01
"""A gain of less is none: it is within the rounding of plans."""
SLOWER: Final = 0.005
"""From so much longer on, more of a resource is said to make a run slower."""
TOLD: Final = 0.05
"""Share of the time from which on the power cap is worth a sentence."""
DECIDES: Final = 0.5
"""Share of the time from which on one resource decides it."""


def sentences(found: "Explanation") -> list[str]:
    """One for each thing that the figures do not say by themselves."""
    return [*_decides(found), *_helps(found), *_power(found), *_hidden(found), *_slower(found)]


def reason(found: "Explanation", name: str) -> str:
    """Why twice as much of a resource gains what it gains, in a few words; empty where the gain speaks."""
    gain, relieves = found.total.twice[name].speedup, found.resources[name].relieves
    share = found.total.share(relieves)
    if gain < 1 - SLOWER:
        return "slower: see below"
    # Half of its share is what it saves while everything else stays as it is.
    saved = 1 / (1 - share / 2) - 1
    if gain >= 1 + WORTH:
        return "more than its share: plans or other waits change with it" if gain - 1 > saved + WORTH else ""
    if found.total.share(["power"]) >= DECIDES and "power" not in relieves:
        return "under the power cap, energy decides"
    if share < WORTH:
        return "hardly anything waits for it" if share else "nothing waits for it"
    if gain - 1 > saved / 2:
        return ""
    spent = " and ".join(each for each in relieves if found.total.share([each]) >= WORTH)
    return f"{share:.0%} of the time goes to {spent}, which it does not shorten here"


def _decides(found: "Explanation") -> list[str]:
    shares = {name: seconds / found.total.seconds for name, seconds in found.total.time_s.items()}
    told = ", ".join(f"{name} {share:.0%}" for name, share in list(shares.items())[:3])
    return [f"Time goes to {told}."] if shares else []


def _helps(found: "Explanation") -> list[str]:
    best = found.ranked[0] if found.ranked else None
    if best is None or found.total.twice[best].speedup < 1 + WORTH:
        return ["Nothing gains 1 % on its own."]
    gain, words = found.total.twice[best], found.resources[best].words
    line = f"{words[0].upper()}{words[1:]} gains most: {gain.speedup:.3g}x in time, {gain.energy_ratio:.3g}x in energy"
    if best in found.total.endless:
        endless = found.total.endless[best]
        line += f"; even if nothing waited for it, {endless.speedup:.3g}x, with {endless.bottleneck} as the bottleneck"
    return [f"{line}."]


def _power(found: "Explanation") -> list[str]:
    share = found.total.share(["power"])
    if share < TOLD:
        return []
    line = (
        f"The power cap decides {share:.0%} of the time: energy over the watts left, however fast units and memories "
        "are. There a higher cap or less energy helps (fewer bytes moved, cheaper arithmetic); more MACs gain nothing."
    )
    cap = next((name for name in found.ranked if "power" in found.resources[name].relieves), None)
    if cap is not None and cap in found.total.endless:
        without = found.total.endless[cap]
        line += f" Without it the run is {without.speedup:.3g}x as fast, and {without.bottleneck} decides."
    return [line]


def _hidden(found: "Explanation") -> list[str]:
    """The bottleneck without a gain: its place is taken at once."""
    name = found.total.bottleneck
    helps = [each for each in found.ranked if name in found.resources[each].relieves]
    if not helps:
        return [f"Nothing that the machine could have more of shortens {name}."] if name else []
    best = found.total.twice[helps[0]]
    if best.speedup >= 1 + WORTH or name == "power":
        return []
    words = found.resources[helps[0]].words
    return [f"{name} is the bottleneck, yet {words} gains nothing: then {best.bottleneck} takes as long."]


def _slower(found: "Explanation") -> list[str]:
    slow = [name for name in found.total.twice if found.total.twice[name].speedup < 1 - SLOWER]
    return [
        f"With {found.resources[name].words if name in found.resources else name} the run is slower "
        f"({found.total.twice[name].speedup:.3g}x): work is cut or shared out otherwise then, and less evenly."
        for name in slow
    ]
