"""How many units of each group go, and which."""

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.transforms.shrink.groups import Group
from sparsesim.transforms.shrink.importance import Scores
from sparsesim.transforms.shrink.walk import Walk

Scope = Literal["layer", "global"]
Ratios = float | Mapping[str, float]
SCOPES = ("layer", "global")


def shares(groups: Sequence[Group], sparsity: Ratios) -> list[float]:
    """The share of units that each group loses; of patterns that fit a group's name, the last one counts."""
    if not isinstance(sparsity, Mapping):
        _check_share("sparsity", sparsity)
        return [sparsity] * len(groups)
    names = [group.name for group in groups]
    for pattern, share in sparsity.items():
        _check_share(f"sparsity of {pattern!r}", share)
        if not any(fnmatchcase(name, pattern) for name in names):
            raise UnknownNameError("group", pattern, names)
    fitting = [[share for pattern, share in sparsity.items() if fnmatchcase(name, pattern)] for name in names]
    return [found[-1] if found else 0.0 for found in fitting]


def _check_share(name: str, share: float) -> None:
    if not 0 <= share < 1:
        raise InputError(f"{name} must be from 0 up to, but without, 1; found {share}")


def n_kept(n_units: int, removed: int, width: int, round_to: int, minimum: int) -> int:
    """Units that stay: at least `minimum`, rounded up so that their positions are a multiple of `round_to`.

    Rounding up never removes more than was asked for; a group whose size is no multiple stays whole at most.
    """
    step = round_to // math.gcd(round_to, width)
    rounded = math.ceil((n_units - removed) / step) * step
    return min(n_units, max(rounded, minimum))


def chosen(
    groups: Sequence[Group],
    scores: Sequence[Scores],
    sparsity: Ratios,
    scope: str,
    round_to: int,
    minimum: int,
) -> list[IntArray]:
    """The units of each group that go, ascending: its least important ones, the first of equal ones first."""
    if scope not in SCOPES:
        raise UnknownNameError("scope", scope, SCOPES)
    if round_to < 1 or minimum < 1:
        raise InputError(f"round_to and minimum must be at least 1, found {round_to} and {minimum}")
    if scope == "global":
        wanted = _ranked_together(scores, sparsity)
    else:
        wanted = [
            math.floor(share * g.n_units + 1e-9) for g, share in zip(groups, shares(groups, sparsity), strict=True)
        ]
    gone = []
    for group, score, removed in zip(groups, scores, wanted, strict=True):
        kept = n_kept(group.n_units, removed, group.width, round_to, minimum)
        gone.append(np.sort(np.argsort(score, kind="stable")[: group.n_units - kept]))
    return gone


def _ranked_together(scores: Sequence[Scores], sparsity: Ratios) -> list[int]:
    """How many units each group loses when all are ranked by their score over the mean score of their group."""
    if isinstance(sparsity, Mapping):
        raise InputError("scope 'global' takes one sparsity, not one per group")
    _check_share("sparsity", sparsity)
    if not scores:
        return []
    relative = np.concatenate([score / (abs(score.mean()) or 1.0) for score in scores])
    owners = np.repeat(np.arange(len(scores)), [len(score) for score in scores])
    lowest = np.argsort(relative, kind="stable")[: math.floor(sparsity * len(relative) + 1e-9)]
    return [int(count) for count in np.bincount(owners[lowest], minlength=len(scores))]


def spared(walk: Walk, groups: Sequence[Group], scores: Sequence[Scores], gone: Sequence[IntArray]) -> list[IntArray]:
    """The same choice, but where it would leave nothing of an axis of some tensor, its most important unit stays.

    A part that Split or Slice cuts off may hold units of a group that lives on elsewhere.
    """
    places = {int(root): (g, unit) for g, group in enumerate(groups) for unit, root in enumerate(group.roots)}
    left = [set(units.tolist()) for units in gone]
    for ids in (ids for labels in walk.labels.values() for ids in labels or () if len(ids)):
        found = [places.get(int(root)) for root in set(walk.units.roots(ids).tolist())]
        units = [place for place in found if place is not None]
        if len(units) == len(found) and all(unit in left[g] for g, unit in units):
            g, unit = max(units, key=lambda place: (scores[place[0]][place[1]], place))
            left[g].discard(unit)
    return [np.array(sorted(units), np.int64) for units in left]
