"""Labels beside points, such that none covers another label, a point or a line; all lengths are in inches."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from sparsesim.array_types import Float64Array

_DISTANCES: Final = (0.03, 0.09, 0.16, 0.24)
_ANGLES: Final = tuple(math.radians(angle) for angle in (0, 45, 315, 90, 270, 135, 225, 180))


class FreeRoom:
    """The room of a panel that nothing covers yet."""

    def __init__(self, width: float, height: float) -> None:
        self._size = (width, height)
        self._taken: Float64Array = np.empty((0, 4))

    def take(self, centres: Iterable[tuple[float, float]], width: float, height: float) -> None:
        """Keep boxes of one size around these places free of labels."""
        boxes = [_box(centre, width, height) for centre in centres]
        self._taken = np.vstack([self._taken, np.array(boxes, float).reshape(-1, 4)])

    def place(self, anchors: Sequence[tuple[float, float]], width: float, height: float) -> tuple[float, float] | None:
        """The centre of a label beside the first anchor that has room for it, which it then takes; None if none has."""
        for distance in _DISTANCES:
            for anchor in anchors:
                for angle in _ANGLES:
                    centre = _beside(anchor, angle, distance, width, height)
                    if self._is_free(_box(centre, width, height)):
                        self.take([centre], width, height)
                        return centre
        return None

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        left, low, right, high = box
        if left < 0 or low < 0 or right > self._size[0] or high > self._size[1]:
            return False
        taken = self._taken
        apart = (taken[:, 0] >= right) | (taken[:, 2] <= left) | (taken[:, 1] >= high) | (taken[:, 3] <= low)
        return bool(apart.all())


def _beside(
    anchor: tuple[float, float], angle: float, distance: float, width: float, height: float
) -> tuple[float, float]:
    """The centre of a box whose nearest edge lies at a distance from the anchor."""
    across, up = math.cos(angle), math.sin(angle)
    return (
        anchor[0] + across * distance + math.copysign(width / 2, across) * (abs(across) > 1e-9),
        anchor[1] + up * distance + math.copysign(height / 2, up) * (abs(up) > 1e-9),
    )


def _box(centre: tuple[float, float], width: float, height: float) -> tuple[float, float, float, float]:
    across, up = centre
    return across - width / 2, up - height / 2, across + width / 2, up + height / 2
