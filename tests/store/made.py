"""Stores for tests, and a sweep of points made by hand."""

from sparsesim.results import point_record
from sparsesim.results.grouping import points_of
from sparsesim.store import Asked, writing
from tests.results.made_up import made_up


def asked_of(results, role="point"):
    """What a sweep with these results asks for."""
    first = [layers[0] for layers in points_of(results)]
    return [Asked(r.point, role, r.network, r.pruner, r.sparsity, r.format, r.machine, r.axes) for r in first]


def records_of(results):
    return [point_record(layers) for layers in points_of(results)]


def write(path, results, asked=None, baseline=None, references=(), name="tiny"):
    """A store with these results."""
    asked = asked_of(results) + asked_of(references, "reference") if asked is None else asked
    with writing(path, name, {"name": name}, baseline or {}, asked) as store:
        store.add(records_of([*results, *references]))
    return path


def points(number, first=0, **fields):
    """Results of points of two layers each, each with its own identity and batch."""
    return [
        made_up(layer, point=f"{place:032x}", axes={"batch": place}, **{"seconds": place + 0.5} | fields)
        for place in range(first, first + number)
        for layer in ("one", "two")
    ]
