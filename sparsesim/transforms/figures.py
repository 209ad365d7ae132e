"""What the masks of a method did to the weights as they were."""

from dataclasses import asdict, dataclass
from typing import Any

from sparsesim.networks import Network
from sparsesim.pruning import MaskStatistics, TotalStatistics, network_statistics, total_statistics
from sparsesim.transforms.transformed import Row, Transformed


@dataclass(frozen=True)
class MaskFigures:
    """Statistics of masks, by layer and together.

    `kept_before` are shares of sum |w| that the masks would keep without a permutation of channels: one per layer and
    a last one of all layers; empty where nothing is permuted.
    """

    layers: dict[str, MaskStatistics]
    total: TotalStatistics
    kept_before: tuple[float, ...] = ()

    def as_object(self) -> dict[str, Any]:
        """`layers` with a mapping per layer, and `total`."""
        rows: list[Row] = [{"layer": name} | asdict(figures) for name, figures in self.layers.items()]
        rows.append(asdict(self.total))
        if self.kept_before:
            shares = zip(rows, self.kept_before, strict=True)
            rows = [row | {"kept_without_permutation": share} for row, share in shares]
        return {"layers": rows[:-1], "total": rows[-1]}


def mask_figures(before: Network, changed: Transformed) -> MaskFigures:
    """Figures of the masks in `changed` on the weights of `before`, the network that the method was applied to."""
    weights = {name: before.layer(name).weight() for name in changed.masks}
    return MaskFigures(
        network_statistics(weights, changed.masks, changed.pruner),
        total_statistics(weights, changed.masks, changed.pruner),
        _kept_before(changed, weights),
    )


def _kept_before(changed: Transformed, weights: dict[str, Any]) -> tuple[float, ...]:
    known = {row["layer"]: row["kept_without_permutation"] for row in changed.rows if "kept_without_permutation" in row}
    if not known:
        return ()
    shares = [known[layer] for layer in weights]
    sums = [float(abs(weight).sum(dtype=float)) for weight in weights.values()]
    kept = sum(share * whole for share, whole in zip(shares, sums, strict=True))
    return (*shares, kept / sum(sums) if sum(sums) else 1.0)
