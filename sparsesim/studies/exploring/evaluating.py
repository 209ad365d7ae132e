"""`Evaluator`: the figures of one candidate; what several candidates share is computed once."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.hardware import Machine, with_fields
from sparsesim.inference import Evaluation, evaluate
from sparsesim.networks import Layer, Network
from sparsesim.studies.exploring.costs import Cost, added, chosen, layer_costs, product_costs
from sparsesim.studies.exploring.prepared import Labelled, Prepared
from sparsesim.studies.exploring.space import Candidate


@dataclass(eq=False)
class Evaluator:
    """Figures of candidates of one exploration.

    A network takes what its layers take one after the other, so each layer is simulated once for every machine and
    sparsity; what a network answers is run as a whole.
    """

    prepared: Prepared
    _costs: dict[Any, dict[str, Cost]] = field(default_factory=dict)
    _layers: dict[tuple[str, float], list[Layer]] = field(default_factory=dict)
    _measured: dict[Any, dict[str, float]] = field(default_factory=dict)
    _whole: list[NDArray[np.float64]] = field(default_factory=list)

    def figures(self, candidate: Candidate) -> dict[str, Any]:
        """Every metric of a candidate by name, and where a plan is searched `sparsity` and `formats` by layer.

        Raises SparsesimError where the machine refuses a field, or a product in all formats.
        """
        machine = self._machine(candidate)
        key = tuple(sorted(candidate.machine.items()))
        costs = [
            self._cost((*key, number), machine, network, layer, candidate)
            for number, network in enumerate(self.prepared.networks)
            for layer in network.layers
        ]
        products = [self._product(key, machine, name) for name in self.prepared.matrices]
        found: dict[str, Any] = added([*costs, *products])
        if machine.area_mm2 is not None:
            found["area_mm2"] = machine.area_mm2
        if self.prepared.searched is not None:
            found |= self._on_searched(candidate)
        if candidate.sparsity:
            names = [layer.name for layer in self.prepared.networks[0].layers]
            found["sparsity"] = self._sparsity(candidate)
            found["formats"] = {name: cost.format for name, cost in zip(names, costs, strict=True)}
        return found

    def on_held_out(self, candidate: Candidate) -> dict[str, float]:
        """Accuracy and its standard error on samples that the search does not see. Raises InputError without any."""
        found = self._answers(candidate, self.prepared.held_out)
        assert found.accuracy is not None
        assert found.standard_error is not None
        return {"accuracy": found.accuracy, "standard_error": found.standard_error, "samples": found.n}

    def divergence(self, candidate: Candidate) -> float:
        """How far answers are from those of the unpruned network: the mean Kullback-Leibler divergence, in nats.

        From the probabilities that a softmax makes of the answers to the samples that the search sees, without labels.
        """
        return self._on_searched(candidate)["divergence"]

    def layer_cost(self, layer: str, sparsity: float) -> Cost:
        """What a layer, with all its calls, takes at a sparsity on the machine as given; the format is of the first."""
        network, candidate = self.prepared.networks[0], Candidate(sparsity={layer: sparsity})
        costs = [
            self._cost((0,), self.prepared.machine, network, call, candidate) for call in self.prepared.calls(layer)
        ]
        return Cost(**added(costs), format=costs[0].format)

    def planned(self, candidate: Candidate) -> Network:
        """The network with the sparsities of a candidate."""
        network = self.prepared.networks[0]
        changed = {layer.name: layer for name in candidate.sparsity for layer in self._pruned(name, candidate)}
        return replace(network, layers=tuple(changed.get(layer.name, layer) for layer in network.layers))

    def _machine(self, candidate: Candidate) -> Machine:
        if not candidate.machine:
            return self.prepared.machine
        return with_fields(self.prepared.machine, candidate.machine)

    def _cost(self, key: Any, machine: Machine, network: Network, layer: Layer, candidate: Candidate) -> Cost:
        given, own = self.prepared.exploration, layer.name.partition("#")[0]
        plan, sparsity = given.search.plan, candidate.sparsity.get(own, 0.0)
        where = (key, layer.name, sparsity)
        if where not in self._costs:
            if sparsity:
                (layer,) = (each for each in self._pruned(own, candidate) if each.name == layer.name)
            self._costs[where] = layer_costs(
                network,
                layer,
                given.formats,
                machine,
                self.prepared.table,
                self.prepared.lowering,
                given.engine,
                self.prepared.method,
            )
        try:
            return chosen(self._costs[where], plan.choose if plan else "fastest", candidate.format.get(own))
        except InputError as error:
            raise InputError(f"layer {layer.name}: {error}") from error

    def _product(self, key: Any, machine: Machine, name: str) -> Cost:
        where = (key, name)
        if where not in self._costs:
            given, matrix = self.prepared.exploration, self.prepared.matrices[name]
            dtype = given.dtype or machine.default_dtype
            self._costs[where] = product_costs(
                name, matrix, given.formats, machine, self.prepared.table, dtype, given.engine
            )
        return chosen(self._costs[where])

    def _pruned(self, layer: str, candidate: Candidate) -> list[Layer]:
        """All calls of a layer with the mask that its sparsity leaves."""
        sparsity = candidate.sparsity[layer]
        if (layer, sparsity) not in self._layers:
            calls = self.prepared.calls(layer)
            if sparsity:
                method = self.prepared.layer_choice(sparsity).method()
                alone = replace(self.prepared.networks[0], layers=tuple(calls))
                calls = list(method.applied(alone).network.layers)
            self._layers[layer, sparsity] = calls
        return self._layers[layer, sparsity]

    def _on_searched(self, candidate: Candidate) -> dict[str, float]:
        """Accuracy and divergence on the samples that the search sees."""
        key = tuple(sorted(candidate.sparsity.items()))
        if key not in self._measured:
            found = self._answers(candidate, self.prepared.searched)
            assert found.accuracy is not None
            answers = _log_probabilities(found.outputs)
            if not self._whole:
                whole = self._answers(Candidate(), self.prepared.searched) if key else found
                self._whole.append(_log_probabilities(whole.outputs))
            divergence = (np.exp(self._whole[0]) * (self._whole[0] - answers)).sum(axis=1).mean()
            self._measured[key] = {"accuracy": found.accuracy, "divergence": float(divergence)}
        return self._measured[key]

    def _answers(self, candidate: Candidate, samples: Labelled | None) -> Evaluation:
        if samples is None:
            raise InputError("samples: there are none to measure an accuracy on")
        return evaluate(self.planned(candidate), samples.images, samples.labels)

    def _sparsity(self, candidate: Candidate) -> float:
        """Share of the weights of the whole network that masks leave out."""
        layers = [layer for layer in self.planned(candidate).layers if layer.n_weights and "#" not in layer.name]
        dropped = sum(
            0 if layer.mask is None else layer.mask.size - int(np.count_nonzero(layer.mask)) for layer in layers
        )
        return dropped / sum(layer.n_weights for layer in layers)


def _log_probabilities(outputs: NDArray[Any]) -> NDArray[np.float64]:
    scores = outputs.reshape(len(outputs), -1).astype(np.float64)
    shifted = scores - scores.max(axis=1, keepdims=True)
    found: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found
