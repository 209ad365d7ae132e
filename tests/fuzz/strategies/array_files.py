"""Files of named arrays: safetensors, NumPy archives, PyTorch, Keras."""

import io
import json
import zipfile
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.fuzz.strategies.damage import damaged
from tests.fuzz.strategies.matrix_files import archive, npy_arrays
from tests.fuzz.strategies.trees import json_texts

SHAPES = ((4, 6), (6,), (2, 3, 3, 3), (2,), (5, 4), (3, 1, 2, 2))


@st.composite
def safetensors(draw: st.DrawFn) -> bytes:
    """A header of names, types, shapes and ranges, in which ranges may overlap or leave holes, and their bytes."""
    entries, place = dict[str, Any](), 0
    for name in ("fc.weight", "fc.bias", "conv.weight")[: draw(st.integers(1, 3))]:
        shape = draw(st.sampled_from(SHAPES))
        number_type, width = draw(
            st.sampled_from((("F32", 4), ("F16", 2), ("F64", 8), ("I8", 1), ("BF16", 2), ("F8_E4M3", 1)))
        )
        size = int(np.prod(shape)) * width
        begin = max(0, place + draw(st.sampled_from((0, 0, 0, 0, 0, -width, width))))
        entries[name] = {"dtype": number_type, "shape": list(shape), "data_offsets": [begin, begin + size]}
        place = begin + size
    if draw(st.booleans()):
        entries["__metadata__"] = {"format": "pt"}
    header = draw(json_texts(entries)) if draw(st.booleans()) else json.dumps(entries).encode()
    length = (
        len(header) if draw(st.integers(0, 19)) else draw(st.sampled_from((0, 1, len(header) - 1, 2**40, 2**64 - 1)))
    )
    extra = draw(st.sampled_from((0, 0, 0, 0, 8, -1)))
    return length.to_bytes(8, "little") + header + bytes(max(0, place + extra))


@st.composite
def npz_networks(draw: st.DrawFn) -> bytes:
    """Arrays by name, of which some promise what is not there."""
    arrays = {
        "fc1.weight.npy": _of((4, 6), draw(st.sampled_from(("<f4", "<f8", ">f4", "<f2", "<i4", "|b1", "<c8")))),
        "fc1.bias.npy": _of((4,), "<f4"),
        "fc2.weight.npy": _of(draw(st.sampled_from(((3, 4), (3, 5), (0, 4), (3, 4, 1)))), "<f4"),
    }
    if draw(st.booleans()):
        arrays[draw(st.sampled_from(("fc1.weight.npy", "x.npy", "../x.npy", "fc2", "a/b.npy")))] = draw(npy_arrays())
    return archive(arrays)


def _of(shape: tuple[int, ...], number_type: str) -> bytes:
    file = io.BytesIO()
    values = np.random.default_rng(1).integers(-4, 5, shape).astype(number_type)
    np.lib.format.write_array(file, values, allow_pickle=False)
    return file.getvalue()


@cache
def torch_files() -> tuple[bytes, ...]:
    """What torch.save writes of things that are and are not a state dict; none without PyTorch."""
    try:
        import torch
    except ImportError:
        return ()
    linear = torch.nn.Linear(6, 4).state_dict()
    quantised = torch.quantize_per_tensor(torch.ones(4, 6), 0.1, 0, torch.qint8)
    things = (
        linear,
        {"model": linear, "epoch": 3},
        {1: torch.ones(2, 3)},
        {"fc.weight": quantised},
        {"fc.weight": torch.ones(1).as_strided((40_000, 40_000), (0, 0))},
        {"fc.weight": torch.empty(4, 6, device="meta")},
        {"fc.weight": torch.sparse_coo_tensor([[0], [0]], [1.0], (2**30, 2**30))},
        {"fc.weight": torch.ones(4, 6, dtype=torch.complex64)},
        {"fc.weight": torch.ones(4, 6, dtype=torch.bfloat16)},
        {"fc.weight": torch.full((4, 6), float("nan"))},
        {"fc.weight": torch.ones(4, 6).T},
        [torch.ones(3)],
        torch.ones(3),
        {},
    )
    return tuple(_saved(torch, thing) for thing in things)


def _saved(torch: Any, thing: Any) -> bytes:
    file = io.BytesIO()
    torch.save(thing, file)
    return file.getvalue()


@st.composite
def repacked(draw: st.DrawFn, whole: bytes) -> bytes:
    """A zip archive of which one member is damaged, left out, renamed or there twice."""
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    name = draw(st.sampled_from(sorted(members)))
    change = draw(st.sampled_from(("damage", "damage", "drop", "rename", "none")))
    data = members.pop(name)
    if change != "drop":
        renamed = name.upper() if change == "rename" else name
        members[renamed] = draw(damaged(data)) if change == "damage" else data
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:  # stored, as torch needs them
        for member, content in members.items():
            packed.writestr(member, content)
    return file.getvalue()


@cache
def hdf5_files() -> tuple[bytes, ...]:
    """Weights as Keras stores them, and data sets that promise far more than there is; none without h5py."""
    try:
        import h5py
    except ImportError:
        return ()
    found = []
    for kernel in ("plain", "huge", "text", "three", "packed"):
        file = io.BytesIO()
        with h5py.File(file, "w") as weights:
            if kernel == "huge":
                weights.create_dataset("fc/kernel", (2**20, 2**20), "f4", chunks=(64, 64), fillvalue=1.0)
            elif kernel == "packed":
                weights.create_dataset("fc/kernel", (2**13, 2**13), "f4", chunks=(64, 64), compression="gzip")
            else:
                weights["fc/kernel"] = {
                    "plain": np.ones((6, 4), np.float32),
                    "text": np.array([b"a"]),
                    "three": np.ones((2, 3, 4)),
                }[kernel]
            weights["fc/bias"] = np.ones(4, np.float32)
        found.append(file.getvalue())
    return tuple(found)
