"""The shipped networks beside published counts, densities after pruning and file sizes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from sparsesim.networks import Network, density_table, load_network
from sparsesim.validation.networks.published import REDUCTIONS, SIZES, Entry, LayerFigures, NetworkSizes
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import load_published
from sparsesim.validation.reference import Progress, Reference
from sparsesim.validation.row import Row

TOTAL = "total"
MEGABYTE, MEBIBYTE = 1_000_000, 1 << 20
BYTES = {"float32": 4, "int8": 1}


class Networks(Reference):
    """Sizes of the networks in `models/networks`, dense, pruned and quantised."""

    name: ClassVar[str] = "networks"
    description: ClassVar[str] = "Shipped networks: published parameters, MACs, densities after pruning, file sizes"
    needs_data: ClassVar[bool] = False

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: NetworkSizes = load_published(self.name, NetworkSizes)

    @cached_property
    def networks(self) -> dict[str, Network]:
        """Every network and variant with published figures, by name."""
        published = self.published
        entries: list[Entry] = [*published.counts, *published.reductions, *published.tables, *published.sizes]
        return {name: self._load(name) for name in dict.fromkeys(entry.network for entry in entries)}

    @cached_property
    def densities(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Layers of the pruned networks, and `total`, by network and layer; see `density_table`."""
        entries: list[Entry] = [*self.published.reductions, *self.published.tables]
        return {
            name: {str(row["layer"]): row for row in density_table(self.networks[name])}
            for name in dict.fromkeys(entry.network for entry in entries)
        }

    def rows(self) -> list[Row]:
        """Counts, then what pruning leaves in total and layer by layer, then sizes of files."""
        return [*self._counts(), *self._reductions(), *self._layers(), *self._sizes()]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """Mean error of the file sizes for either meaning of MB."""
        return {"files": [{"decimal_error": self._size_error(MEGABYTE), "binary_error": self._size_error(MEBIBYTE)}]}

    def cases(self) -> list[dict[str, Any]]:
        """Size of every unpruned network that is compared."""
        return [
            {
                "network": name,
                "layers": len(network.layers),
                "weights": sum(layer.n_weights for layer in network.layers),
                "parameters": network.n_params,
                "MACs": network.macs,
            }
            for name, network in self.networks.items()
            if name not in self.densities
        ]

    def _load(self, name: str) -> Network:
        self.progress(name)
        return load_network(name)

    def _row(self, case: str, metric: str, published: float, ours: float, source: str, fitted: bool = False) -> Row:
        return Row(self.name, case, metric, published, ours, fitted, self.published.sources[source])

    def _counts(self) -> Iterator[Row]:
        for entry in self.published.counts:
            network = self.networks[entry.network]
            for metric, published, ours in (
                ("parameters", entry.parameters, network.n_params),
                ("parameters M, rounded", entry.parameters_m, network.n_params / 1e6),
                ("MACs G, rounded", entry.macs_g, network.macs / 1e9),
            ):
                if published is not None:
                    yield self._row(entry.network, metric, published, ours, entry.source)

    def _reductions(self) -> Iterator[Row]:
        for entry in self.published.reductions:
            total = self.densities[entry.network][TOTAL]
            before = self.networks[entry.network].n_params / 1e6
            kept = total["weights"] * total["weight_density"] / 1e6
            yield self._row(entry.network, "M parameters before pruning", entry.before_m, before, REDUCTIONS)
            for metric, published, ours in (
                ("M parameters after pruning", entry.after_m, kept),
                ("parameter reduction", entry.parameters, 1 / total["weight_density"]),
                ("MAC reduction", entry.macs, 1 / total["flop_density"]),
            ):
                yield self._row(entry.network, metric, published, ours, REDUCTIONS, entry.derived)

    def _layers(self) -> Iterator[Row]:
        for table in self.published.tables:
            for layer, figures in table.layers.items():
                for metric, published, ours in _compared(figures, self.densities[table.network][layer]):
                    given = metric == "weight %" and layer != TOTAL
                    yield self._row(f"{table.network}, {layer}", metric, published, ours, table.source, given)

    def _sizes(self, unit: int = MEGABYTE) -> Iterator[Row]:
        for entry in self.published.sizes:
            for kind, size in (("float32", entry.float32_mb), ("int8", entry.int8_mb)):
                ours = BYTES[kind] * self.networks[entry.network].n_params / unit
                yield self._row(entry.network, f"{kind} MB", size, ours, SIZES)

    def _size_error(self, unit: int) -> float:
        errors = [abs(row.error_pct) for row in self._sizes(unit)]
        return sum(errors) / len(errors)


def _compared(figures: LayerFigures, ours: dict[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Metric, published value and ours, for all that is published."""
    if figures.weights is not None:
        yield "weights K", figures.weights / 1e3, ours["weights"] / 1e3
    if figures.flop is not None:
        yield "FLOP M", figures.flop / 1e6, ours["flops"] / 1e6
    yield "weight %", figures.weight_pct, 100 * ours["weight_density"]
    yield "FLOP %", figures.flop_pct, 100 * ours["flop_density"]
