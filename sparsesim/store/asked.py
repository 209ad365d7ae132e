"""What a sweep asks for: the identity of every point, and what results call it."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sparsesim.places import one_line
from sparsesim.results import IDENTITY, PointRecord, packed
from sparsesim.results.columns import AXES

POINT_ROLE: Final = "point"
"""Of points that the sweep describes."""
REFERENCE_ROLE: Final = "reference"
"""Of unpruned networks on dense kernels that they are compared with."""
ROLES: Final = (POINT_ROLE, REFERENCE_ROLE)

FAILED: Final = "failed"
"""The status of a point whose simulation raised an error."""

STATUSES: Final = ("ok", "refused", FAILED)


class Asked(NamedTuple):
    """One point that a sweep asks for, in the order of the sweep.

    Attributes:
        hash: identity, see `sparsesim.studies.points`.
        role: `POINT_ROLE` or `REFERENCE_ROLE`; one hash may have both.
        network, pruner, sparsity, format, machine, axes: as in `Labels`, and the name of the machine.
    """

    hash: str
    role: str
    network: str
    pruner: str
    sparsity: float
    format: str
    machine: str
    axes: Mapping[str, Any]


def failed_record(asked: Asked, error: BaseException | str) -> PointRecord:
    """The record of a point that could not be simulated, with the error in one line as its note."""
    said = " ".join(error.split()) if isinstance(error, str) else one_line(error)
    row: dict[str, Any] = {
        name: getattr(asked, name) for name in ("network", "pruner", "sparsity", "format", "machine")
    }
    row[IDENTITY] = asked.hash
    row |= {AXES.column(axis): value for axis, value in asked.axes.items()}
    row |= {"layers": 0, "kernel": "", "unpacked": "", "density": None, "weights": "", "dtype": "", "idle_w": None}
    return PointRecord(row | {"energy_table": "", "bottleneck": "", "status": FAILED, "note": said}, packed([]))


def axes_text(axes: Mapping[str, Any]) -> str:
    """Values of axes as they are stored."""
    return json.dumps(dict(axes), separators=(",", ":"))
