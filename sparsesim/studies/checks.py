"""What is refused before any work: methods without what they need, and baselines that are no point of the grid."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import ENGINES
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.limits import MAX_INT64, checked_size
from sparsesim.lowering import Lowering, check_activations
from sparsesim.networks import Network
from sparsesim.results import GIVEN, POINT, UNPRUNED
from sparsesim.transforms import LayerInputs, Method

MOST_POINTS: Final = 100_000
"""Of one grid: weeks of work, and gigabytes of results."""
MOST_SAMPLES: Final = 2**31 - 1
"""In a batch."""


def check_points(*counts: int) -> None:
    """InputError for more points than one grid may have; `counts` are the lengths of its sides."""
    checked_size("points of the grid", *counts, limit=MOST_POINTS)


def check_batch(batch: Any) -> None:
    """InputError for anything but a number of samples."""
    if isinstance(batch, bool) or not isinstance(batch, int):
        raise InputError(f"batch: {batch!r}: a whole number is needed")
    if not 1 <= batch <= MOST_SAMPLES:
        shown = batch if abs(batch) < 10**15 else f"about 2^{batch.bit_length()}"
        raise InputError(f"batch is {shown}; it must be at least 1 and at most {MOST_SAMPLES}")


def check_seed(seed: Any) -> None:
    """InputError for anything but a whole number that is not negative."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_INT64:
        raise InputError(f"seed: {seed!r}: a whole number from 0 to 2^63 - 1 is needed")


def check_run(network: Network, method: Method, inputs: LayerInputs | None, lowering: Lowering, engine: str) -> None:
    """InputError where a network cannot be run under a method: the method lacks what it needs, or numbers are off."""
    if lowering.dtype is not None:
        dtype_by_name(lowering.dtype)
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    check_batch(lowering.batch)
    lowering.activations.check(network)
    check_activations(method, lowering.activations)
    method.check(network, inputs)


def check_baseline(
    baseline: Mapping[str, Any],
    networks: Iterable[Network],
    methods: Sequence[Method],
    formats: Collection[str],
    machines: Collection[str],
    *,
    labels: Collection[str] | None = None,
    shares: Collection[float] = (),
) -> dict[str, str | float]:
    """The baseline with its sparsity as a number; InputError where no point of the grid has these columns.

    `labels` are what results call the networks, where that is not their own; `shares` those of zeros in matrices.
    """
    networks, found = list(networks), dict(baseline)
    pruners = {method.label for method in methods} | ({UNPRUNED} if shares else set())
    known: dict[str, Collection[str]] = {
        "network": [network.label for network in networks] if labels is None else labels,
        "machine": machines,
        "format": formats,
        "pruner": pruners | {GIVEN} if UNPRUNED in pruners else pruners,
    }
    for field, value in found.items():
        if field not in POINT:
            raise UnknownNameError("baseline field", str(field), POINT)
        if field in known and value not in known[field]:
            raise UnknownNameError(f"baseline {field}", str(value), known[field])
    if "sparsity" in found:
        wanted = {UNPRUNED if found.get("pruner") == GIVEN else found.get("pruner")} - {None}
        asked = [method for method in methods if not wanted or method.label in wanted]
        found["sparsity"] = _sparsity(found["sparsity"], asked, networks, shares)
    return found


def _sparsity(
    value: Any, methods: Iterable[Method], networks: Iterable[Network], shares: Collection[float] = ()
) -> float:
    try:
        sparsity = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"sparsity: {value!r}: a number in [0, 1) is needed") from error
    if not 0 <= sparsity < 1:
        raise InputError(f"sparsity: {value!r}: a number in [0, 1) is needed")
    asked = [0.0 if method.label == UNPRUNED else method.asked_sparsity for method in methods]
    if sparsity in asked or sparsity in shares or None in asked:  # None: only the weights decide
        return sparsity
    if 0.0 in asked and sparsity in [round(network.sparsity, 4) for network in networks if _has_weights(network)]:
        return sparsity
    told = ", ".join(f"{each:g}" for each in dict.fromkeys([*asked, *shares]) if each is not None)
    raise InputError(f"sparsity: {value!r}: no point has it; choose from {told}")


def _has_weights(network: Network) -> bool:
    return any(layer.n_weights for layer in network.layers)
