"""From a network to its operations layer by layer, so that a network need not fit in memory.

While one layer is simulated, the next are drawn, pruned and lowered by threads: NumPy's generators and all kernels
release the interpreter's lock.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import Format
from sparsesim.lowering.activations import Activations
from sparsesim.lowering.layers import check_lowering, lower_layer
from sparsesim.lowering.removal import Grain, in_format, without_empty
from sparsesim.matmul import MatmulOp
from sparsesim.networks import Layer, Network
from sparsesim.places import within
from sparsesim.pruning import Pruner, pruner_by_name
from sparsesim.transforms import LayerInputs, Mask, Method, as_method

THREADS = 2
MOST_WEIGHTS = 1 << 27
"""Weights of the layers under way (0.5 GB); a layer with more than that is under way alone."""


@dataclass(frozen=True, eq=False)
class LoweredLayer:
    """The operation of one layer with all rows and columns, and how many of its `weights` its masks kept."""

    op: MatmulOp
    kept: int
    weights: int
    _left: dict[Grain, MatmulOp] = field(default_factory=dict, repr=False)

    def stored_as(self, format: Format) -> MatmulOp:
        """The layer with its weights in a format, without their empty rows and columns; see `without_empty`.

        Products of two activations have no weights and stay as they are.
        """
        if not self.weights:
            return self.op
        grain = format.grain
        if grain not in self._left:
            self._left[grain] = without_empty(self.op, grain)
        return in_format(self._left[grain], format)


def lowered_layers(
    network: Network,
    method: Method | Pruner,
    dtype: str = "fp16",
    batch: int = 1,
    activations: Activations | None = None,
    *,
    inputs: LayerInputs | None = None,
    among: slice = slice(None),
) -> Iterator[LoweredLayer]:
    """What `lower(method.applied(network, inputs).multiplied, ...)` starts from, one layer after the other.

    At most `THREADS` layers are under way at a time, the one that the caller looks at included, if it lets go of
    each before it asks for the next. A method that needs all layers together needs all weights at once.
    `among` are the places of the layers to lower; methods that look at several layers still see all.
    Raises InputError as `Method.check` and `check_activations` do.
    """
    read, types, chosen = activations or Activations(), dtype_by_name(dtype), as_method(method)
    check_lowering(network, batch, read)
    check_activations(chosen, read)
    if chosen.per_layer:
        chosen.check(network, inputs)
    else:
        found = chosen.applied(network, inputs)
        network, read, chosen = found.multiplied, read.in_orders(found.orders), Mask(pruner_by_name("none"))

    def lowered(layer: Layer) -> LoweredLayer:
        with within(f"network {network.name}"):
            changed = chosen.changed_layer(network, layer, inputs)
            arriving = read if changed.order is None else read.in_orders({layer.name: changed.order})
            return LoweredLayer(lower_layer(changed.layer, types, batch, arriving), changed.kept, layer.n_weights)

    return _ahead(lowered, network.layers[among])


def check_activations(method: Method, activations: Activations) -> None:
    """InputError for captured activations of layers that have other inputs, or other names, afterwards."""
    if activations.maps and not method.keeps_shapes:
        raise InputError(
            f"{method.subject} changes the shapes of layers: captured activations do not fit them, leave them out"
        )


def _ahead(work: Callable[[Layer], LoweredLayer], layers: Sequence[Layer]) -> Iterator[LoweredLayer]:
    """Results in order; the next layers are worked on while the caller looks at one."""
    under_way: deque[tuple[int, Future[LoweredLayer]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for layer in layers:
            while under_way and not _fits(layer, [weights for weights, _ in under_way]):
                yield under_way.popleft()[1].result()
            # A thread starts without what is set around the caller, such as the budget of memory.
            under_way.append((layer.n_weights, pool.submit(copy_context().run, work, layer)))
        while under_way:
            yield under_way.popleft()[1].result()


def _fits(layer: Layer, under_way: Sequence[int]) -> bool:
    return len(under_way) < THREADS and layer.n_weights + sum(under_way) <= MOST_WEIGHTS
