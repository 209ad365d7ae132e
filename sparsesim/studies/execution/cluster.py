"""A Dask cluster: every worker gets the tasks once, those that join later too."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.identity import code_hash
from sparsesim.studies.execution.executors import Crew, CrewOf
from sparsesim.studies.execution.shipping import Packed, packed
from sparsesim.studies.execution.work import Bench
from sparsesim.studies.task import Task

_QUIET: Final = {"logging": {"distributed": "critical", "distributed.client": "critical"}}
"""Its log tells with a traceback what is told here in a line."""
CONNECT_S: Final = 10
"""How long a scheduler has to answer (assumed)."""


class Registered:
    """Tasks that every worker of the cluster has under a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def bench(self) -> Bench:
        """What the plugin of this worker holds."""
        from distributed import get_worker

        shipment: Packed = get_worker().plugins[self.name].shipment  # type: ignore[attr-defined]
        return shipment.bench()


def cluster(scheduler: str) -> CrewOf:
    """The workers of a running scheduler, such as tcp://10.0.0.1:8786.

    Raises InputError as `check_scheduler`, and where Dask is not installed.
    """

    @contextmanager
    def crew(tasks: Sequence[Task]) -> Iterator[Crew]:
        with connected(scheduler) as client:
            shipment = packed(tasks)
            client.register_plugin(_plugin(shipment), name=shipment.name)
            try:
                workers = sum(client.nthreads().values())
                yield Crew(client.get_executor(pure=False), Registered(shipment.name), max(workers, 1))
            finally:
                with suppress(OSError, TimeoutError):  # a scheduler that is gone has no plugins either
                    client.unregister_worker_plugin(shipment.name)

    return crew


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """A client of a scheduler; InputError with the address where there is none."""
    try:
        with import_module("dask").config.set(_QUIET):  # read once, when it is imported
            distributed = import_module("distributed")
    except ImportError as error:
        raise InputError("--scheduler needs pip install 'sparsesim[distributed]'") from error
    _check_address(scheduler)
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"--scheduler: {scheduler}: no Dask scheduler answers: {_line(error)}") from error
    with client:
        _check_workers(scheduler, client)
        yield client


def check_scheduler(scheduler: str) -> None:
    """InputError where no scheduler answers, it has no workers, or these have another sparsesim than this process."""
    with connected(scheduler):
        pass


def _check_address(scheduler: str) -> None:
    """A client of what is no address would wait for it when it is let go, and tell of that with a traceback."""
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    try:
        scheme, place = parse_address(scheduler)
        get_backend(scheme)
        parse_host_port(place)
    except ValueError as error:
        raise InputError(f"--scheduler: {scheduler}: no address such as tcp://10.0.0.1:8786: {_line(error)}") from error


def _check_workers(scheduler: str, client: Any) -> None:
    """Other code would compute other points, under the names of these."""
    if not client.nthreads():
        raise InputError(f"--scheduler: {scheduler}: it has no workers yet; start `dask worker {scheduler}`")
    for address, found in client.run(code_hash, on_error="return").items():
        if isinstance(found, Exception):
            raise InputError(f"--scheduler: {scheduler}: the worker {address} has no sparsesim: {_line(found)}")
        if found != code_hash():
            raise InputError(f"--scheduler: {scheduler}: the worker {address} has another version of sparsesim")


def _plugin(shipment: Packed) -> Any:
    from distributed import WorkerPlugin

    class Tasks(WorkerPlugin):
        def __init__(self, shipment: Packed) -> None:
            self.shipment = shipment

    return Tasks(shipment)


def is_loss(error: BaseException) -> bool:
    """Whether the cluster gave a piece up, since every worker that was at it ended."""
    return type(error).__name__ == "KilledWorker" and type(error).__module__.startswith("distributed.")


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
