"""From a network to its operations layer by layer, so that a network need not fit in memory.

While one layer is simulated, the next are drawn, pruned and lowered by threads: NumPy's generators and all kernels
release the interpreter's lock.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sparsesim.dtypes import dtype_by_name
from sparsesim.lowering.activations import Activations
from sparsesim.lowering.layers import check_lowering, lower_layer
from sparsesim.matmul import MatmulOp
from sparsesim.networks import Layer, Network
from sparsesim.pruning import Pruner
from sparsesim.transforms.mask import prune_layer, prune_network

THREADS = 2
MOST_WEIGHTS = 1 << 27
"""Weights of the layers under way (0.5 GB); a layer with more than that is under way alone."""


@dataclass(frozen=True, eq=False)
class LoweredLayer:
    """The operation of one layer, and how many of its `weights` its masks kept."""

    op: MatmulOp
    kept: int
    weights: int


def lowered_layers(
    network: Network, pruner: Pruner, dtype: str = "fp16", batch: int = 1, activations: Activations | None = None
) -> Iterator[LoweredLayer]:
    """What `lower(prune_network(network, pruner), ...)` gives, one layer after the other.

    At most `THREADS` layers are under way at a time, the one that the caller looks at included, if it lets go of
    each before it asks for the next. A pruner that ranks all layers together needs all weights at once.
    """
    inputs, types = activations or Activations(), dtype_by_name(dtype)
    check_lowering(network, batch, inputs)
    chosen = None if pruner.sparsity == 0 else pruner
    if chosen is not None and not chosen.per_layer:
        network, chosen = prune_network(network, chosen), None

    def lowered(layer: Layer) -> LoweredLayer:
        pruned, kept = prune_layer(layer, chosen)
        return LoweredLayer(lower_layer(pruned, types, batch, inputs), kept, layer.n_weights)

    return _ahead(lowered, network.layers)


def _ahead(work: Callable[[Layer], LoweredLayer], layers: Sequence[Layer]) -> Iterator[LoweredLayer]:
    """Results in order; the next layers are worked on while the caller looks at one."""
    under_way: deque[tuple[int, Future[LoweredLayer]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for layer in layers:
            while under_way and not _fits(layer, [weights for weights, _ in under_way]):
                yield under_way.popleft()[1].result()
            under_way.append((layer.n_weights, pool.submit(work, layer)))
        while under_way:
            yield under_way.popleft()[1].result()


def _fits(layer: Layer, under_way: Sequence[int]) -> bool:
    return len(under_way) < THREADS and layer.n_weights + sum(under_way) <= MOST_WEIGHTS
