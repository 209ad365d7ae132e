"""Runs a network on samples, batch after batch, by the backend that its graph calls for."""

from pathlib import Path

import numpy as np

from sparsesim.errors import InputError
from sparsesim.inference.onnx_session import open_onnx
from sparsesim.inference.session import Array, Batch, Inputs, Session, ToRecord
from sparsesim.inference.torch_session import open_torch
from sparsesim.networks import Network


def run_network(network: Network, inputs: Inputs, batch_size: int, record: ToRecord) -> Batch:
    """All samples, `batch_size` at a time (or as many as the graph insists on), put together again."""
    if batch_size < 1:
        raise InputError(f"batch_size is {batch_size}; it must be at least 1")
    session = _opened(network, record)
    feeds = session.feed(inputs)
    n_samples = _n_samples(feeds)
    step = session.fixed_batch or batch_size
    if session.fixed_batch and n_samples % step:
        raise InputError(f"{network.name!r} runs {step} samples at a time, and {n_samples} is no multiple of that")
    parts = [_part(network, session, feeds, start, step) for start in range(0, n_samples, step)]
    recorded = {name: np.concatenate([part.recorded[name] for part in parts]) for name in parts[0].recorded}
    return Batch(np.concatenate([part.output for part in parts]), recorded)


def _opened(network: Network, record: ToRecord) -> Session:
    if network.graph is None:
        hint = "read it from ONNX, from a PyTorch module, or from arrays with an architecture"
        raise InputError(f"{network.name!r} cannot be run: only its layers are known; {hint}")
    return (open_onnx if isinstance(network.graph, Path | bytes) else open_torch)(network, record)


def _n_samples(feeds: dict[str, Array]) -> int:
    sizes = {name: array.shape[0] if array.ndim else 0 for name, array in feeds.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise InputError(f"inputs need the same number of samples, at least 1, along the first axis; found {sizes}")
    for name, array in feeds.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise InputError(f"input {name!r} holds NaN or infinity")
    return next(iter(sizes.values()))


def _part(network: Network, session: Session, feeds: dict[str, Array], start: int, step: int) -> Batch:
    chosen = {name: array[start : start + step] for name, array in feeds.items()}
    expected = len(next(iter(chosen.values())))
    try:
        part = session.call(chosen)
    except InputError:
        raise
    except Exception as error:  # onnxruntime and PyTorch raise many kinds
        shapes = ", ".join(str(array.shape) for array in chosen.values())
        raise InputError(f"{network.name!r} does not run on inputs {shapes}: {_one_line(error)}") from error
    if part.output.ndim == 0 or len(part.output) != expected:
        shape = part.output.shape
        raise InputError(f"{network.name!r} gives an output {shape} for {expected} samples; try batch_size=1")
    return part


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
