"""Stored samples as networks read them: axes, scale and normalisation."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError

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
    """
    if layout not in SAMPLE_LAYOUTS:
        raise UnknownNameError("sample layout", layout, SAMPLE_LAYOUTS)
    if samples.ndim < 2 or not np.issubdtype(samples.dtype, np.number):
        raise InputError(f"samples must be numbers [n, ...], found {samples.dtype} {samples.shape}")
    ordered = SAMPLE_LAYOUTS[layout](samples).astype(np.float64) * scale
    if any(not value > 0 for value in std):
        raise InputError(f"std must be positive, found {', '.join(map(str, std))}")
    shifted = ordered - _by_channel("mean", mean or (0.0,), ordered)
    return np.ascontiguousarray(shifted / _by_channel("std", std or (1.0,), ordered), dtype=np.float32)


def _by_channel(name: str, values: Sequence[float], samples: NDArray[Any]) -> NDArray[np.float64]:
    if len(values) not in (1, samples.shape[1]):
        raise InputError(f"{name} has {len(values)} values, the samples have {samples.shape[1]} channels")
    return np.asarray(values, np.float64).reshape(-1, *[1] * (samples.ndim - 2))
