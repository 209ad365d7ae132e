"""Results on disk while a sweep runs."""

import json
import os
from pathlib import Path

from sparsesim.results import Result


class ResultLog:
    """Appends results to a `.jsonl` file as they come, so that an interrupted run loses nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def append(self, results: list[Result]) -> None:
        """Write one line per result and flush them to disk."""
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(result.flat()) + "\n" for result in results)
            file.flush()
            os.fsync(file.fileno())
