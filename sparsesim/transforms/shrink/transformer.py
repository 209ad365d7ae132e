"""Heads and MLP channels of transformers that are known by their layers alone, after LLM-Pruner."""

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks import Layer, Network, SyntheticWeights
from sparsesim.transforms.shrink.choice import n_kept
from sparsesim.transforms.shrink.importance import AGGREGATIONS, Scores, rows_scores

Units = IntArray

_PARTS = {
    "query": ("q_proj", "wq", "query"),
    "key": ("k_proj", "wk", "key"),
    "value": ("v_proj", "wv", "value"),
    "out": ("o_proj", "wo", "out_proj", "attention.output.dense", "output"),
    "gate": ("gate_proj", "w1", "w1_gate"),
    "up": ("up_proj", "w3", "w3_up", "fc1", "ffn1", "intermediate.dense"),
    "down": ("down_proj", "w2", "w2_down", "fc2", "ffn2", "output.dense"),
    "scores": ("scores",),
    "context": ("context",),
}
"""Endings of layer names by what the layer is in its block, as LLaMA, its C ports, OPT and BERT write them."""

_ENDINGS = sorted(((ending, part) for part, endings in _PARTS.items() for ending in endings), key=lambda e: -len(e[0]))
_NUMBER = re.compile(r"(?:^|[._/])(\d+)(?=[._/])")
_ATTENTION = ("query", "key", "value", "out")


@dataclass(frozen=True, eq=False)
class Block:
    """The layers of one block by what they are in it.

    Attributes:
        number: counted from 0.
        parts: `query`, `key`, `value`, `out`, `gate`, `up`, `down`, `scores`, `context`; those that there are.
    """

    number: int
    parts: dict[str, Layer]


def transformer_blocks(network: Network) -> list[Block]:
    """The blocks of a network, told by the number and the ending of its layers' names.

    Raises InputError for a network without layers named like those of a transformer, and for a block in which two
    layers look alike.
    """
    blocks: dict[int, dict[str, Layer]] = {}
    for layer in network.layers:
        number, part = _NUMBER.search(layer.name), _part(layer.name)
        if number is None or part is None:
            continue
        parts = blocks.setdefault(int(number[1]), {})
        if part in parts:
            raise InputError(f"block {number[1]}: {parts[part].name!r} and {layer.name!r} are both its {part}")
        parts[part] = layer
    if not blocks:
        raise InputError(f"{network.name!r} has no blocks with layers such as 0.q_proj, 0.o_proj or 0.down_proj")
    return [Block(number, parts) for number, parts in sorted(blocks.items())]


def _part(name: str) -> str | None:
    return next((part for ending, part in _ENDINGS if re.search(rf"(?:^|[._/]){re.escape(ending)}$", name)), None)


def shrink_transformer(
    network: Network,
    head_ratio: float,
    channel_ratio: float | None = None,
    *,
    blocks: Collection[int] | None = None,
    head_dim: int | None = None,
    importance: str = "l1",
    aggregation: str = "sum",
    round_to: int = 8,
) -> Network:
    """A transformer without its least important attention heads and MLP channels; what passes between blocks stays.

    Args:
        network: layers named as in `transformer_blocks`; biases go with the rows they belong to.
        head_ratio: share of the heads that every chosen block loses, in [0, 1). Where several heads share keys and
            values, they go together.
        channel_ratio: share of the channels between `up` and `down`; that of the heads if left out.
        blocks: numbers of the blocks that are pruned, all by default; LLM-Pruner spares the first and the last ones.
        head_dim: width of a head; by default that of the block's `scores`.
        importance: `l1`, `l2` or `magnitude` of a unit's weights in one layer. Drawn weights are never looked at, as
            they say nothing: the last heads and channels go, and the smaller layers draw theirs anew.
        aggregation: how that comes together over the layers, see `AGGREGATIONS`.
        round_to: MLP channels that are left are rounded up to a multiple of this.

    Raises InputError for unknown blocks, ratios out of range, layers that do not fit together, and blocks without such
    layers (query, key and value in one are not cut apart); a ratio of 0 asks for none of them.
    """
    channel_ratio = head_ratio if channel_ratio is None else channel_ratio
    for name, ratio in (("head_ratio", head_ratio), ("channel_ratio", channel_ratio)):
        if not 0 <= ratio < 1:
            raise InputError(f"{name} must be from 0 up to, but without, 1; found {ratio}")
    if aggregation not in AGGREGATIONS:
        raise UnknownNameError("aggregation", aggregation, AGGREGATIONS)
    rule = _Rule(importance, aggregation, round_to)
    changed: dict[str, Layer] = {}
    for block in _chosen(transformer_blocks(network), blocks):
        changed.update(_without_heads(block, head_ratio, head_dim, rule))
        changed.update(_without_channels(block, channel_ratio, rule))
    layers = tuple(changed.get(layer.name, layer) for layer in network.layers)
    return replace(network, name=f"{network.name}-shrunk", layers=layers, graph=None, path=None, accuracy=None)


@dataclass(frozen=True)
class _Rule:
    importance: str
    aggregation: str
    round_to: int

    def kept(self, cuts: "list[_Cut]", n_units: int, ratio: float, round_to: int) -> Units:
        """The units that stay, ascending."""
        left = n_kept(n_units, math.floor(ratio * n_units + 1e-9), 1, round_to, 1)
        if any(isinstance(cut.layer.source, SyntheticWeights) for cut in cuts):
            return np.arange(left)
        scores = np.array([cut.scores(n_units, self.importance) for cut in cuts])
        order = np.argsort(AGGREGATIONS[self.aggregation](scores), kind="stable")
        return np.sort(order[n_units - left :])


@dataclass(frozen=True, eq=False)
class _Cut:
    """A linear layer that loses outputs (axis 0) or inputs (axis 1), `width` of them per unit."""

    layer: Layer
    axis: int
    width: int

    def scores(self, n_units: int, importance: str) -> Scores:
        rows = self.layer.masked_weight() if self.axis == 0 else self.layer.masked_weight().T
        return rows_scores(rows, np.arange(len(rows)) // self.width, n_units, importance)

    def done(self, units: Units) -> Layer:
        """The layer with these units only."""
        places = (units[:, None] * self.width + np.arange(self.width)).reshape(-1)
        layer, shape = self.layer, list(self.layer.weight_shape)
        before, shape[self.axis] = shape[self.axis], len(places)
        n_bias = layer.n_bias * len(places) // before if self.axis == 0 else layer.n_bias
        source = layer.source if isinstance(layer.source, SyntheticWeights) else layer.weight().take(places, self.axis)
        mask = None if layer.mask is None else layer.mask.take(places, self.axis)
        return replace(layer, weight_shape=tuple(shape), source=source, mask=mask, n_bias=n_bias)


def _chosen(found: list[Block], wanted: Collection[int] | None) -> Iterable[Block]:
    numbers = [block.number for block in found]
    for number in () if wanted is None else wanted:
        if number not in numbers:
            raise InputError(f"there is no block {number}; the blocks are {numbers[0]} to {numbers[-1]}")
    return [block for block in found if wanted is None or block.number in wanted]


def _without_heads(block: Block, ratio: float, head_dim: int | None, rule: _Rule) -> dict[str, Layer]:
    parts = block.parts
    if not ratio:
        return {}
    query, key, value, out = (_required(block, part) for part in _ATTENTION)
    width = head_dim or (parts["scores"].k if "scores" in parts else 0)
    if not width:
        raise InputError(f"block {block.number}: the width of a head is not known; give head_dim")
    outputs, shared = query.weight_shape[0], key.weight_shape[0]
    fits = outputs % shared == 0 and shared % width == 0
    if not fits or value.weight_shape[0] != shared or out.weight_shape[1] != outputs:
        raise InputError(f"block {block.number}: query, key, value and out do not hold heads of {width}")
    n_units, per_unit = shared // width, outputs // shared
    cuts = [_Cut(query, 0, width * per_unit), _Cut(key, 0, width), _Cut(value, 0, width)]
    cuts.append(_Cut(out, 1, width * per_unit))
    units = rule.kept(cuts, n_units, ratio, 1)
    products = [parts[name] for name in ("scores", "context") if name in parts]
    fewer = [replace(layer, batch=layer.batch * len(units) // n_units) for layer in products]
    return {layer.name: layer for layer in (*(cut.done(units) for cut in cuts), *fewer)}


def _without_channels(block: Block, ratio: float, rule: _Rule) -> dict[str, Layer]:
    if not ratio:
        return {}
    entries = [_required(block, "up"), *([block.parts["gate"]] if "gate" in block.parts else [])]
    down = _required(block, "down")
    n_units = down.weight_shape[1]
    for layer in entries:
        if layer.weight_shape[0] != n_units:
            raise InputError(f"{layer.name!r} has {layer.weight_shape[0]} outputs, {down.name!r} reads {n_units}")
    cuts = [*(_Cut(layer, 0, 1) for layer in entries), _Cut(down, 1, 1)]
    units = rule.kept(cuts, n_units, ratio, rule.round_to)
    return {layer.name: layer for layer in (cut.done(units) for cut in cuts)}


def _required(block: Block, part: str) -> Layer:
    if part not in block.parts:
        raise InputError(f"block {block.number} has no layer named like {', '.join(_PARTS[part])}")
    return block.parts[part]
