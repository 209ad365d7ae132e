"""Transformers as Hugging Face stores them: `config.json` beside `.safetensors` files, or alone."""

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.arrays.names import NamedArrays, other_parameters
from sparsesim.networks.arrays.safetensors_file import Header, read_header, read_safetensors, tensors_of
from sparsesim.networks.arrays.state_dict import network_from_state_dict
from sparsesim.networks.arrays.torch_file import read_torch
from sparsesim.networks.json_file import read_json_mapping
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.transformers.families import FAMILIES, Family, image_tokens
from sparsesim.networks.transformers.rows import Config, LinearRow, PatchRow, ProductRow, Row
from sparsesim.networks.weights import SyntheticWeights
from sparsesim.places import shown, within

CONFIG = "config.json"
_WEIGHTS, _INDEX, _TORCH = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
_DEFAULT_TOKENS = 128
_MOST_LAYERS = 10_000
# Masks and angles that old checkpoints hold beside their parameters.
_BUFFERS = re.compile(r"(^|\.)(attn\.(masked_)?bias|inv_freq|position_ids)$")


def network_from_folder(path: Path, *, tokens: int | None = None, seed: int | None = None) -> Network:
    """The transformer that `config.json` in a folder describes, with the weights that lie beside it.

    Weights are `model.safetensors`, the shards of `model.safetensors.index.json`, or `pytorch_model.bin`; without
    any of these they are drawn. `tokens` is the length of the sequence, by default 128 or what the model can take; for
    a vision transformer the image decides. Attention is counted in full, with or without a causal mask.
    Raises InputError for a damaged file, a `model_type` that is not one of `FAMILIES`, and a seed beside weights.
    """
    config = read_config(path / CONFIG)
    tensors = _tensors(path)
    if tensors is not None and seed is not None:
        raise InputError(f"seed: {seed}: means nothing, the weights are read from the folder")
    return _network(path, path.name, config, tensors, tokens, seed or 0)


def network_from_config(path: Path, *, tokens: int | None = None, seed: int = 0) -> Network:
    """The transformer that a `config.json` describes, with drawn weights; see `network_from_folder`."""
    config = Config(read_json_mapping(path), place="")
    return _network(path, path.resolve().parent.name, config, None, tokens, seed)


def network_from_safetensors(path: Path, *, tokens: int | None = None, **options: Any) -> Network:
    """A `.safetensors` file, read as a transformer where a `config.json` beside it says so, else as arrays by name.

    With any option of `network_from_state_dict` it is read as arrays.
    """
    beside = path.parent / CONFIG
    if options or not beside.is_file():
        if tokens is not None:
            raise InputError("tokens needs a config.json beside the file, and none of the options for arrays")
        return network_from_state_dict(path, **options)
    config = read_config(beside)
    if config.model_type not in FAMILIES and tokens is None:
        network = network_from_state_dict(path)
        remark = f"{CONFIG} beside it describes a {config.model_type!r}, which is not known: read as arrays"
        return replace(network, notes="; ".join(filter(None, [remark, network.notes])))
    name = path.resolve().parent.name if path.name == _WEIGHTS else path.stem
    return _network(path, name, config, read_safetensors(path), tokens, 0)


def read_config(path: Path) -> Config:
    """The entries of a `config.json` beside the weights; InputError for anything else."""
    return Config(_json_mapping(path))


def _json_mapping(path: Path) -> Mapping[str, Any]:
    with within(path.name):
        return read_json_mapping(path)


def _tensors(folder: Path) -> NamedArrays | None:
    if (folder / _WEIGHTS).is_file():
        with within(_WEIGHTS):
            return read_safetensors(folder / _WEIGHTS)
    if (folder / _INDEX).is_file():
        return _sharded(folder)
    if (folder / _TORCH).is_file():
        with within(_TORCH):
            return read_torch(folder / _TORCH)
    unknown = [path.name for path in folder.iterdir() if path.suffix in (".safetensors", ".bin", ".h5", ".pt")]
    if unknown:
        raise InputError(f"its weights are neither {_WEIGHTS} nor {_INDEX}: found {sorted(unknown)[0]}")
    return None


def _sharded(folder: Path) -> NamedArrays:
    """The tensors of all shards, whose headers are read before any value is; the index must be right about them."""
    shards = _json_mapping(folder / _INDEX).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise InputError(f"{_INDEX}: weight_map: {shown(shards)}: must map tensors to the files that hold them")
    headers: dict[str, Header] = {}
    for name in sorted({str(shard) for shard in shards.values()}):
        if Path(name).name != name or not name.endswith(".safetensors") or "\\" in name or "\0" in name:
            raise InputError(f"{_INDEX}: {name!r} is not the name of a .safetensors file in the same folder")
        if not (folder / name).is_file():
            raise InputError(f"{_INDEX} names {name!r}, which is missing")
        with within(name):
            headers[name] = read_header(folder / name)
    _check_places(shards, headers)
    check_memory("reading the tensors of all shards", sum(header.held_bytes for header in headers.values()))
    arrays: NamedArrays = {}
    for name, header in headers.items():
        with within(name):
            arrays |= tensors_of(folder / name, header)
    return arrays


def _check_places(shards: Mapping[str, object], headers: Mapping[str, Header]) -> None:
    """Every tensor lies in one shard, and in the one that the index names."""
    held = {tensor: file for file, header in headers.items() for tensor in header.tensors}
    for file, header in headers.items():
        for tensor in header.tensors:
            if held[tensor] != file:
                raise InputError(f"tensor {shown(tensor)} lies in {file!r} and in {held[tensor]!r}")
    for tensor, shard in shards.items():
        if held.get(tensor) != shard:
            raise InputError(f"{_INDEX}: weight_map: {shown(tensor)}: {shard!r} does not hold this tensor")


def _network(
    path: Path, name: str, config: Config, tensors: NamedArrays | None, tokens: int | None, seed: int
) -> Network:
    family = FAMILIES.get(config.model_type)
    if family is None:
        raise config.fault("model_type", config.entries.get("model_type"), f"must be one of {', '.join(FAMILIES)}")
    for key in ("num_hidden_layers", "n_layers", "n_layer"):
        if config.size(key, 1) > _MOST_LAYERS:
            raise config.fault(key, config.size(key), f"more than {_MOST_LAYERS} layers")
    length = _tokens(config, family, tokens)
    rows = list(family.rows(config, length))
    with within(config.place.rstrip(": ")) if config.place else nullcontext():
        if tensors is None:
            layers, others = _drawn(config, family, rows, SyntheticWeights(seed))
        else:
            layers, others = _stored(family, rows, tensors)
    return Network(
        name=name,
        layers=tuple(layers),
        weights_origin="synthetic" if tensors is None else "imported",
        source=f"{path}, {config.model_type}",
        input_description=f"{length} tokens",
        notes="attention is counted in full",
        other_params=others,
        path=path,
    )


def _tokens(config: Config, family: Family, tokens: int | None) -> int:
    if not family.longest:
        if tokens is not None:
            raise InputError(f"tokens means nothing for a {config.model_type}: its image has {image_tokens(config)}")
        return image_tokens(config)
    longest = config.size(family.longest, _DEFAULT_TOKENS)
    if tokens is not None and not 1 <= tokens <= longest:
        raise InputError(f"tokens must be from 1 to {longest}, found {tokens}")
    return min(_DEFAULT_TOKENS, longest) if tokens is None else tokens


def _drawn(
    config: Config, family: Family, rows: list[Row], weights: SyntheticWeights
) -> tuple[list[Layer], dict[str, int]]:
    chosen = [row for row in rows if not isinstance(row, LinearRow) or row.expected]
    others = family.others(config)
    head = next((row for row in rows if isinstance(row, LinearRow) and row.name == family.head), None)
    if head is not None and not (head.expected and head.tied_to):
        others["word embeddings"] = head.outputs * head.inputs
    layers = [_layer(row, weights, _shape(row), _default_bias(row)) for row in chosen]
    return layers, others


def _stored(family: Family, rows: list[Row], tensors: NamedArrays) -> tuple[list[Layer], dict[str, int]]:
    arrays = {key: array for key, array in tensors.items() if not _BUFFERS.search(key)}
    held: set[str] = set()
    layers = list(_layers(family, rows, arrays, held))
    return layers, other_parameters(arrays, held)


def _layers(family: Family, rows: list[Row], arrays: NamedArrays, held: set[str]) -> Iterator[Layer]:
    for row in rows:
        if isinstance(row, ProductRow):
            yield _layer(row, None, (), 0)
            continue
        key = _key(f"{row.name}.weight", family, arrays)
        if key is None and isinstance(row, LinearRow) and row.tied_to and row.expected:
            key = _key(f"{row.tied_to}.weight", family, arrays)
        if key is None and isinstance(row, LinearRow) and row.optional:
            continue
        if key is None:
            raise InputError(f"the file holds no tensor {row.name}.weight, which {CONFIG} asks for")
        bias = _key(f"{row.name}.bias", family, arrays)
        held |= {name for name in (key, bias) if name}
        weight = arrays[key].T if isinstance(row, LinearRow) and row.transposed else arrays[key]
        _check(row, key, weight)
        if bias is not None and arrays[bias].shape != weight.shape[:1]:
            raise InputError(f"tensor {bias} is {arrays[bias].shape}; {key} has {len(weight)} outputs")
        yield _layer(row, weight, weight.shape, len(weight) if bias else 0)


def _check(row: Row, key: str, weight: NDArray[Any]) -> None:
    """Sizes must be those of the configuration; only classifiers have as many outputs as the file says."""
    is_optional = isinstance(row, LinearRow) and row.optional
    wanted = _shape(row)[1:] if is_optional else _shape(row)
    if weight.ndim != len(_shape(row)) or weight.shape[len(_shape(row)) - len(wanted) :] != wanted:
        raise InputError(f"tensor {key}, seen as (outputs, inputs), is {weight.shape}; {CONFIG} asks for {_shape(row)}")
    if not np.issubdtype(weight.dtype, np.floating):
        raise InputError(f"tensor {key} is {weight.dtype}, not floating point")


def _key(name: str, family: Family, arrays: NamedArrays) -> str | None:
    return next((key for key in (name, family.prefix + name) if key in arrays), None)


def _shape(row: Row) -> tuple[int, ...]:
    if isinstance(row, LinearRow):
        return row.outputs, row.inputs
    return (row.outputs, row.channels, row.patch, row.patch) if isinstance(row, PatchRow) else ()


def _default_bias(row: Row) -> int:
    return 0 if isinstance(row, ProductRow) or (isinstance(row, LinearRow) and not row.bias) else row.outputs


def _layer(row: Row, source: Any, shape: tuple[int, ...], n_bias: int) -> Layer:
    if isinstance(row, ProductRow):
        return Layer(name=row.name, kind="matmul", m=row.m, k=row.k, n=row.n, batch=row.heads)
    if isinstance(row, PatchRow):
        return Layer(
            name=row.name, kind="conv2d", weight_shape=shape, source=source, n_bias=n_bias,
            input_size=row.size, stride=(row.patch, row.patch),
        )  # fmt: skip
    return Layer(
        name=row.name, kind="linear", weight_shape=shape, source=source, n_bias=n_bias, positions=row.positions
    )
