"""Results on disk while a sweep runs."""

import json
import os
from pathlib import Path

from sparsesim.results import POINT, Result


class ResultLog:
    """Appends results to a `.jsonl` file as they come, so that an interrupted run loses nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.points = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def append(self, results: list[Result]) -> None:
        """Write one line per result and flush them to disk; all results of a point come together."""
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(result.flat()) + "\n" for result in results)
            file.flush()
            os.fsync(file.fileno())
        self.points += len({tuple(getattr(result, name) for name in POINT) for result in results})

    def kept(self, points: int) -> str:
        """In words, how many of all `points` are on disk."""
        return f"{self.points} of {points} points are in {self.path}" if self.points else "nothing is kept"
