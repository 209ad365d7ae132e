"""The exact largest magnitudes of one array or several, at the speed of memory."""

from sparsesim.pruning.ranking.largest import keep_largest

__all__ = ["keep_largest"]
