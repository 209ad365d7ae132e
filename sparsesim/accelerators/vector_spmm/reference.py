"""Reference implementations of the kernels: sets, and remaining work counted down for every resident."""

import numpy as np

from sparsesim.tensors import SparseMatrix


def vector_columns(matrix: SparseMatrix, height: int, width: int) -> list[set[int]]:
    """The columns that each band of `height` rows stores, in whole blocks of `width` columns."""
    filled = matrix.to_array() != 0 if matrix.nnz else np.zeros(matrix.shape, np.bool_)
    bands = []
    for top in range(0, matrix.shape[0], height):
        blocks = {column // width for column in np.flatnonzero(filled[top : top + height].any(axis=0))}
        bands.append({column for column in range(matrix.shape[1]) if column // width in blocks})
    return bands


def first_touches(order: list[int], bands: list[set[int]]) -> list[int]:
    """How many columns of each band no earlier band in `order` has."""
    return [len(bands[band].difference(*(bands[before] for before in order[:at]))) for at, band in enumerate(order)]


def resident_ticks(
    work: list[int], schedulers: int, slots: int, service: int, latency: int
) -> tuple[list[int], list[int], list[int]]:
    """Ticks of every block, counting down the remaining work of all residents whenever one ends.

    By scheduler, when its last block ends, and for how long its pace was that of the latency.
    """
    waiting = list(range(len(work)))
    remaining: list[dict[int, int]] = [{} for _ in range(schedulers)]
    for _ in range(slots):
        for residents in remaining:
            if waiting:
                block = waiting.pop(0)
                residents[block] = work[block]
    start, took, since = [0] * len(work), [0] * len(work), [0] * schedulers
    latent = [0] * schedulers
    while any(remaining):
        pace = [max(latency, len(residents) * service) for residents in remaining]
        ends = [since[i] + min(left.values()) * pace[i] if left else None for i, left in enumerate(remaining)]
        now, scheduler = min((end, i) for i, end in enumerate(ends) if end is not None)
        residents = remaining[scheduler]
        if pace[scheduler] > len(residents) * service:
            latent[scheduler] += now - since[scheduler]
        ended = min(residents, key=lambda block: residents[block])
        done = residents.pop(ended)
        for block in residents:
            residents[block] -= done
        took[ended], since[scheduler] = now - start[ended], now
        if waiting:
            start[waiting[0]], residents[waiting[0]] = now, work[waiting[0]]
            waiting.pop(0)
    return took, since, latent
