"""How the tasks of a grid are done: cut into pieces, on workers, whatever becomes of these."""

from sparsesim.studies.execution.cluster import check_scheduler, cluster
from sparsesim.studies.execution.driver import Found, crew_for, executed
from sparsesim.studies.execution.executors import CrewOf, InProcess, all_cores, check_workers, given, in_process
from sparsesim.studies.execution.work import Failure

__all__ = [
    "CrewOf",
    "Failure",
    "Found",
    "InProcess",
    "all_cores",
    "check_scheduler",
    "check_workers",
    "cluster",
    "crew_for",
    "executed",
    "given",
    "in_process",
]
