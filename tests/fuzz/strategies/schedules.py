"""Schedules as engines get them: short steps, ties, empty transfers, waits; and ones with long steps."""

import numpy as np
from hypothesis import strategies as st

from sparsesim.engines.timed import TimedPhase, TimedSchedule


@st.composite
def timed_phases(draw: st.DrawFn) -> TimedPhase:
    """One phase of at most 24 steps."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, longest = draw(st.integers(0, 24)), draw(st.sampled_from((1, 3, 6, 60, 10**12)))
    waits, wanted = (
        np.where(random.random(count) < share, random.integers(0, np.arange(count) + 1), 0)
        for share in draw(st.sampled_from(((0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (0.2, 0.2))))
    )
    parts = [np.where(random.random(count) < 0.7, random.integers(0, longest + 1, count), 0) for _ in range(3)]
    return TimedPhase(
        *(part.astype(np.int64) for part in parts),
        waits.astype(np.int64),
        wanted.astype(np.int64),
        units=draw(st.sampled_from((1, 1, 2, 3, 7))),
        fetch_slots=draw(st.integers(1, 5)),
        write_slots=draw(st.integers(1, 5)),
        repeat=draw(st.sampled_from((1, 1, 2, 3))),
        latency=random.integers(0, draw(st.sampled_from((1, 12, 300))), count).astype(np.int64),
    )


def timed_schedules() -> st.SearchStrategy[TimedSchedule]:
    """One phase, or several that are played in rounds."""
    return st.builds(
        lambda phases, rounds: TimedSchedule(tuple(phases), rounds),
        st.lists(timed_phases(), min_size=1, max_size=3),
        st.sampled_from((1, 1, 2)),
    )
