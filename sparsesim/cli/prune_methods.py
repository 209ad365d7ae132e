"""The ways in which `sparsesim prune` removes weights: by a pruner, with SparseGPT, or after a permutation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError

if TYPE_CHECKING:
    from sparsesim.networks import Network
    from sparsesim.pruning import NM, Pruner

SPARSE_GPT = "sparse-gpt"
"""Alone with a sparsity, or `sparse-gpt-2:4`."""

Capture = Callable[[], dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Pruned:
    """What is written and told.

    Attributes:
        network: the whole network with masks, and new weights where there are any.
        masks: of the layers that were chosen.
        pruner: what was asked for, as the statistics need it; None where every layer has its own.
        rule: that in words.
        kept_before: share of sum |w| that would be kept without permuting channels, by layer.
    """

    network: "Network"
    masks: dict[str, Any]
    pruner: "Pruner | None"
    rule: str
    kept_before: Mapping[str, float] = field(default_factory=dict)


def is_sparse_gpt(pruner: str) -> bool:
    """Whether the name asks for SparseGPT."""
    return pruner == SPARSE_GPT or pruner.startswith(f"{SPARSE_GPT}-")


def by_pruner(whole: "Network", layers: str, pruner: "Pruner", capture: Capture | None) -> Pruned:
    """Masks of a pruner alone; `capture` gives the inputs of all layers where its criterion needs them."""
    from sparsesim.transforms import input_norms, prune_network

    _check_needs(pruner, capture)
    data = None if capture is None else input_norms(whole, capture())
    return _masked(whole, prune_network(whole.select(layers), pruner, data=data), pruner, pruner.describe())


def by_plan(whole: "Network", layers: str, plan: Path) -> Pruned:
    """Masks as a plan says them for the layers that it names."""
    from sparsesim.studies import apply_plan

    found = apply_plan(whole.select(layers), plan)
    return _masked(whole, found, None, f"the plan {plan}")


def by_permuting(whole: "Network", layers: str, pruner: "Pruner", capture: Capture | None) -> Pruned:
    """N:M masks after a permutation of input channels, in the given order of the channels."""
    from sparsesim.pruning import NM
    from sparsesim.transforms import permute_network

    if not isinstance(pruner.pattern, NM) or pruner.criterion != "magnitude":
        raise InputError(f"--permute goes with N:M patterns by magnitude, such as 2:4, not with {pruner.name!r}")
    _check_needs(pruner, capture)
    found = permute_network(whole.select(layers), pruner.pattern)
    rule = f"{pruner.describe()}, input channels permuted"
    return _masked(whole, found.masked, pruner, rule, found.kept_before)


def by_sparse_gpt(
    whole: "Network",
    layers: str,
    name: str,
    sparsity: float | None,
    amounts: Mapping[str, Any],
    capture: Capture | None,
) -> Pruned:
    """Masks and new weights of SparseGPT."""
    from sparsesim.pruning import BySparsity, Element, Pruner
    from sparsesim.transforms import repair_network

    for option, value in amounts.items():
        if value is not None:
            raise InputError(f"pruner {name!r} takes no --{option.replace('_', '-')} (got {value!r})")
    pattern = _pattern(name, sparsity)
    if capture is None:
        raise InputError(f"pruner {name!r} needs samples of the network's input: give --inputs FILE")
    pruner = Pruner(pattern, name=name) if pattern else Pruner(Element(), BySparsity(sparsity or 0.0), name=name)
    found = repair_network(whole.select(layers), capture(), sparsity=sparsity, pattern=pattern)
    amount = pattern.describe() if pattern else f"{sparsity:.0%} of every layer dropped"
    weights = {layer.name: layer.weight() for layer in found.layers if layer.mask is not None}
    return _masked(whole.with_weights(weights), found, pruner, f"SparseGPT: {amount}, the rest adjusted")


def _pattern(name: str, sparsity: float | None) -> "NM | None":
    """The N:M pattern of a SparseGPT, or None where the sparsity says how much goes."""
    from sparsesim.pruning import NM

    if name == SPARSE_GPT:
        if sparsity is None:
            raise InputError(f"pruner {name!r} needs sparsity= (a number), or a pattern: {SPARSE_GPT}-2:4")
        return None
    if sparsity is not None:
        raise InputError(f"pruner {name!r} fixes the sparsity already; leave --sparsity {sparsity:g} out")
    return NM.parse(name.removeprefix(f"{SPARSE_GPT}-"))


def _masked(
    whole: "Network",
    part: "Network",
    pruner: "Pruner | None",
    rule: str,
    kept_before: Mapping[str, float] | None = None,
) -> Pruned:
    masks = {layer.name: layer.mask for layer in part.layers if layer.mask is not None}
    return Pruned(whole.with_masks(masks), masks, pruner, rule, kept_before or {})


def _check_needs(pruner: "Pruner", capture: Capture | None) -> None:
    """Raise InputError where the pruner needs what was not given, or what a command cannot give."""
    if pruner.needs not in (None, "input_norm"):
        raise InputError(
            f"criterion {pruner.criterion!r} needs the {pruner.needs} of every weight, which no option gives: "
            "call Pruner.masks(data=...) from Python"
        )
    if pruner.needs == "input_norm" and capture is None:
        raise InputError(f"criterion {pruner.criterion!r} needs samples of the network's input: give --inputs FILE")
    if pruner.needs is None and capture is not None:
        raise InputError(f"criterion {pruner.criterion!r} looks at the weights alone and takes no --inputs")
