"""Addresses of schedulers: what is none is refused before a client waits for it."""

import pytest

from sparsesim.errors import InputError
from sparsesim.studies import check_scheduler

pytest.importorskip("distributed")


@pytest.mark.parametrize(
    ("scheduler", "reason"),
    [
        ("nowhere://x:1", "unknown address scheme 'nowhere'"),
        ("tcp://", "missing port number in address ''"),
        ("10.0.0.1", "missing port number in address '10.0.0.1'"),
        ("inproc://x", "missing port number in address 'x'"),
        ("tcp://10.0.0.1:port", "invalid literal"),
        (" ", "missing port number"),
    ],
)
def test_what_is_no_address_is_refused_at_once(monkeypatch, scheduler, reason):
    monkeypatch.delattr("distributed.Client")
    with pytest.raises(InputError) as caught:
        check_scheduler(scheduler)
    told = str(caught.value)
    assert told.startswith(f"--scheduler: {scheduler}: no address such as tcp://10.0.0.1:8786: {reason}")


@pytest.mark.parametrize("scheduler", ["tcp://127.0.0.1:9", "127.0.0.1:9", "tcp://[::1]:9"])
def test_an_address_is_called(monkeypatch, scheduler):
    called = []

    def client(address, **_):
        called.append(address)
        raise OSError("nobody is there")

    monkeypatch.setattr("distributed.Client", client)
    with pytest.raises(InputError, match="no Dask scheduler answers: nobody is there"):
        check_scheduler(scheduler)
    assert called == [scheduler]
