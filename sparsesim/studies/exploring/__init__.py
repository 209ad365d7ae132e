"""Search for machines and pruning plans: what may change, what for, and under which constraints."""

from sparsesim.studies.exploring.description import FOLDER, Exploration, load_exploration
from sparsesim.studies.exploring.exploring import explore
from sparsesim.studies.exploring.found import Explored
from sparsesim.studies.exploring.writing import save

__all__ = ["FOLDER", "Exploration", "Explored", "explore", "load_exploration", "save"]
