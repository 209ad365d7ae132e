"""Stored samples as networks read them: axes, scale and normalisation."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.limits import check_memory

Floats = NDArray[np.float32]


def _channels_first(samples: NDArray[Any]) -> NDArray[Any]:
    return samples[:, None] if samples.ndim == 3 else samples


def _from_channels_last(samples: NDArray[Any]) -> NDArray[Any]:
    return _channels_first(np.moveaxis(samples, -1, 1) if samples.ndim == 4 else samples)


SAMPLE_LAYOUTS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "nchw": _channels_first,
    "nhwc": _from_channels_last,
    "flat": lambda samples: samples.reshape(len(samples), -1),
}


def prepare_samples(
    samples: NDArray[Any],
    *,
    layout: str = "nchw",
    scale: float = 1.0,
    mean: Sequence[float] = (),
    std: Sequence[float] = (),
) -> Floats:
    """(samples * scale - mean) / std as float32, channels first.

    Args:
        samples: [n, ...] of any number type; [n, h, w] counts as one channel.
        layout: what `samples` are: `nchw`, `nhwc`, or `flat` for networks that read one vector per sample.
        scale: what stored values are multiplied by, such as 1 / 255.
        mean: one number, or one per channel, after scaling.
        std: one number, or one per channel, after scaling.

    Raises InputError for what is no number, not finite, does not fit the channels or the memory, and for other layouts.
    """
    if layout not in SAMPLE_LAYOUTS:
        raise UnknownNameError("sample layout", layout, SAMPLE_LAYOUTS)
    if samples.ndim < 2 or samples.dtype.kind not in "iuf":
        raise InputError(f"samples must be numbers [n, ...], found {samples.dtype} {samples.shape}")
    if 0 in samples.shape:
        raise InputError(f"samples {_sizes(samples)} are none")
    if any(not value > 0 or not math.isfinite(value) for value in std):
        raise InputError(f"std must be positive, found {', '.join(map(str, std))}")
    for name, values in (("scale", [scale]), ("mean", mean)):
        if not all(map(math.isfinite, values)):
            raise InputError(f"{name} must be finite, found {', '.join(map(str, values))}")
    check_memory(f"samples {_sizes(samples)}", _COPIES * samples.size * np.dtype(np.float64).itemsize)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        ordered = SAMPLE_LAYOUTS[layout](samples).astype(np.float64) * scale
        shifted = ordered - _by_channel("mean", mean or (0.0,), ordered)
        found = np.ascontiguousarray(shifted / _by_channel("std", std or (1.0,), ordered), dtype=np.float32)
    _check_finite(samples, found)
    return found


_COPIES: Final = 3
"""Of the samples as float64 that exist at a time."""


def _check_finite(samples: NDArray[Any], found: Floats) -> None:
    """A network makes something of NaN and infinity, too, and an accuracy of that would be wrong."""
    bad = ~np.isfinite(found)
    if bad.any():
        place = int(np.nonzero(bad)[0][0])
        after = "" if not np.isfinite(samples[place]).all() else " after scale, mean and std"
        raise InputError(
            f"samples: {int(bad.sum())} numbers are NaN or infinite as fp32{after}, the first in sample {place}"
        )


def _sizes(samples: NDArray[Any]) -> str:
    return " x ".join(map(str, samples.shape))


def _by_channel(name: str, values: Sequence[float], samples: NDArray[Any]) -> NDArray[np.float64]:
    if len(values) not in (1, samples.shape[1]):
        raise InputError(f"{name} has {len(values)} values, the samples have {samples.shape[1]} channels")
    return np.asarray(values, np.float64).reshape(-1, *[1] * (samples.ndim - 2))
