"""The pruners that have a name, and how a name becomes a Pruner.

A new pruner is one row of PRUNERS; `sparsesim list pruners`, every command that takes a pruner and the contract tests
find it there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.patterns import (
    NM,
    VNM,
    Block,
    Channel,
    Element,
    Filter,
    FilterShape,
    Kernel,
    KernelPattern,
    NMPairs,
    Stride,
    Vector,
)
from sparsesim.pruning.pruner import Pattern, Pruner
from sparsesim.pruning.selectors import ByERK, ByLAMP, BySigma, BySparsity, ByThreshold, RoundedUp, Selector


@dataclass(frozen=True)
class PrunerFamily:
    """A named pruner, or several that a size behind the name tells apart.

    Attributes:
        name: the name without a size.
        description: one line for a list of pruners.
        pattern: makes the pattern, from the text of a size where there is one.
        selector: makes the selector from the amount; None where the pattern says by itself how much stays.
        amount: the number that has to be given besides the name; "fixed" pruners need none.
        size: how a size is written, such as "RxC"; empty where there is none.
        example_size: a size that works.
        criterion: how groups are scored unless the user says otherwise.
    """

    name: str
    description: str
    pattern: Callable[..., Pattern]
    selector: Callable[..., Selector] | None = None
    amount: Literal["sparsity", "threshold", "s", "fixed"] = "sparsity"
    size: str = ""
    example_size: str = ""
    criterion: str = "magnitude"

    @property
    def syntax(self) -> str:
        """How the name is written, for instance 'block-RxC'."""
        return _join(self.name, self.size)

    @property
    def example(self) -> str:
        """A name that works, for instance 'block-4x4'."""
        return _join(self.name, self.example_size)

    def pattern_of(self, size: str) -> Pattern:
        """The pattern of that `size` (empty where there is none). Raises InputError."""
        return self.pattern(size) if self.size else self.pattern()

    def build(self, size: str, amounts: Mapping[str, float], criterion: str | None = None) -> Pruner:
        """The pruner of that `size` (empty where there is none) and the amounts given. Raises InputError."""
        name, pattern, fixed = _join(self.name, size), self.pattern_of(size), self.amount == "fixed"
        wanted = "sparsity" if fixed else self.amount
        for field, value in amounts.items():
            if field != wanted:
                raise InputError(f"pruner {name!r} takes no {field} (got {field}={value!r})")
        if not fixed and wanted not in amounts:
            raise InputError(f"pruner {name!r} needs {wanted}= (a number)")
        selector = self.selector(*([] if fixed else [amounts[wanted]])) if self.selector else None
        pruner = Pruner(pattern, selector, criterion or self.criterion, name)
        if fixed and amounts:
            _check_agrees(pruner, amounts[wanted])
        return pruner


def _join(name: str, size: str) -> str:
    return f"{name}-{size}" if size else name


def _check_agrees(pruner: Pruner, sparsity: float) -> None:
    """Raise InputError when a pruner that fixes its sparsity is asked for another one."""
    check_amount("sparsity", sparsity, below=1)
    if pruner.sparsity is None or abs(sparsity - pruner.sparsity) > 1e-9:
        raise InputError(f"pruner {pruner.name!r} ({pruner.describe()}) contradicts sparsity={sparsity!r}")


def _fixed(name: str, description: str, parse: Callable[[str], Pattern], size: str, example_size: str) -> PrunerFamily:
    """A pattern that says by itself how much stays."""
    return PrunerFamily(name, description, parse, None, "fixed", size, example_size)


PRUNERS = {
    family.name: family
    for family in (
        PrunerFamily("none", "keep every weight", Element, partial(BySparsity, 0.0), "fixed"),
        PrunerFamily("magnitude", "drop the smallest weights of every layer", Element, BySparsity),
        PrunerFamily(
            "magnitude-global",
            "drop the smallest weights of the whole network, ranked together",
            Element,
            partial(BySparsity, scope="global"),
        ),
        PrunerFamily(
            "magnitude-erk", "drop the smallest weights, layers sharing the sparsity by their shapes", Element, ByERK
        ),
        PrunerFamily(
            "magnitude-lamp", "drop the weights of the network with the smallest layer-adaptive score", Element, ByLAMP
        ),
        PrunerFamily("random", "drop weights at random", Element, BySparsity, criterion="random"),
        PrunerFamily(
            "wanda",
            "drop the weights of every output row with the smallest |w| x norm of their input",
            Element,
            partial(BySparsity, scope="row"),
            criterion="wanda",
        ),
        PrunerFamily(
            "taylor",
            "drop the weights of the network that change its loss least, from gradients",
            Element,
            partial(BySparsity, scope="global"),
            criterion="taylor",
        ),
        PrunerFamily("threshold", "drop weights with |w| <= threshold", Element, ByThreshold, "threshold"),
        PrunerFamily("sigma", "drop weights with |w| <= s x their layer's deviation", Element, BySigma, "s"),
        _fixed("nm", "keep N of every M weights along K", NM.parse, "N:M", "2:4"),
        _fixed("nm-pairs", "keep N of every M weights along K in pairs", NMPairs.parse, "N:M", "4:8"),
        _fixed(
            "vnm", "keep 4 columns of every V x M block and N weights per row in them", VNM.parse, "V:N:M", "64:2:8"
        ),
        PrunerFamily(
            "block", "drop R x C blocks of the lowered matrix", Block.parse, BySparsity, "sparsity", "RxC", "4x4", "l1"
        ),
        PrunerFamily("vector", "drop runs of V weights along K", Vector.parse, BySparsity, "sparsity", "V", "4", "l1"),
        PrunerFamily("kernel", "drop kh x kw kernels", Kernel, BySparsity, criterion="l1"),
        _fixed(
            "kernel-pattern",
            "keep N positions of every kernel in one of a few patterns (x P: how many)",
            KernelPattern.parse,
            "N",
            "4",
        ),
        _fixed("stride", "keep every S-th position of the kernels", Stride.parse, "S", "2"),
        PrunerFamily("channel", "drop input channels", Channel, BySparsity, criterion="l1"),
        PrunerFamily("filter", "drop filters (output channels)", Filter, BySparsity, criterion="l1"),
        PrunerFamily("filter-shape", "drop columns of the lowered matrix", FilterShape, BySparsity, criterion="l1"),
    )
}


def pruner_by_name(
    name: str,
    sparsity: float | None = None,
    *,
    threshold: float | None = None,
    s: float | None = None,
    criterion: str | None = None,
    round_to: int | None = None,
) -> Pruner:
    """The pruner called `name` (see PRUNERS), for instance 'magnitude', 'block-4x4', 'nm-2:4' or just '2:4'.

    `sparsity` in [0, 1) is the share of groups to drop; 'threshold' takes `threshold` and 'sigma' takes `s` instead;
    N:M and 'none' fix it themselves. `criterion` overrides how groups are scored (see `criterion_by_name`);
    `round_to` rounds the number of groups that a layer keeps up to a multiple.
    Raises UnknownNameError on an unknown name, InputError on a wrong size, or an amount that is missing, out of
    range or contradicts the name.

    >>> import numpy as np, sparsesim as ss
    >>> weights = np.array([[0.1, -0.9, 0.3, 0.05, 0.7, -0.2, 0.4, 0.6]])
    >>> ss.pruner_by_name("2:4").mask(weights).astype(int)
    array([[0, 1, 1, 0, 1, 0, 0, 1]])
    >>> ss.pruner_by_name("magnitude", 0.75).mask(weights).astype(int)
    array([[0, 1, 0, 0, 1, 0, 0, 0]])
    """
    family, size = _family_and_size(name)
    given = {"sparsity": sparsity, "threshold": threshold, "s": s}
    amounts = {field: value for field, value in given.items() if value is not None}
    pruner = family.build(size, amounts, criterion)
    return pruner if round_to is None else _rounded(pruner, round_to)


def takes_sparsity(name: str) -> bool:
    """Whether the pruner called `name` has to be given a sparsity; others fix it or take another amount.

    Raises UnknownNameError on an unknown name, InputError on a wrong size.
    """
    family, size = _family_and_size(name)
    family.pattern_of(size)
    return family.amount == "sparsity"


def _rounded(pruner: Pruner, multiple: int) -> Pruner:
    if pruner.selector is None:
        raise InputError(f"pruner {pruner.name!r} ({pruner.describe()}) takes no round_to (got {multiple})")
    return replace(pruner, selector=RoundedUp(pruner.selector, multiple))


def _family_and_size(name: str) -> tuple[PrunerFamily, str]:
    if re.fullmatch(r"\d+:\d+", name):
        return PRUNERS["nm"], name
    if name in PRUNERS:
        return PRUNERS[name], ""
    heads = [head for head, family in PRUNERS.items() if family.size and name.startswith(f"{head}-")]
    if heads:
        head = max(heads, key=len)
        return PRUNERS[head], name.removeprefix(f"{head}-")
    raise UnknownNameError("pruner", name, [family.example for family in PRUNERS.values()])
