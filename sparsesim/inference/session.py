"""What both backends offer: a network that is ready to run, batch by batch, and what may be recorded on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]
Inputs = Array | Mapping[str, Array]
ToRecord = Literal["nothing", "layers", "relus"]


class Batch(NamedTuple):
    """The network's output, [samples, ...], and the recorded tensors by name, samples first."""

    output: Array
    recorded: dict[str, Array]


@dataclass(frozen=True)
class Session:
    """A network that is ready to run.

    Attributes:
        feed: casts the caller's inputs to what the network reads; InputError where that is not possible.
        call: runs one batch.
        fixed_batch: the only number of samples that `call` takes; None for any.
    """

    feed: Callable[[Inputs], dict[str, Array]]
    call: Callable[[dict[str, Array]], Batch]
    fixed_batch: int | None = None
