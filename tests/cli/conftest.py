"""Commands that are stopped, and a sweep that they are busy with."""

import contextlib
import os
import signal

import pytest
import yaml

from tests.cli.sessions import in_session, start


@pytest.fixture
def started():
    """Starts the program in a session of its own; what it has left running there is killed in the end."""
    processes = []

    def begin(*arguments):
        processes.append(start(*arguments))
        return processes[-1]

    yield begin
    for process in processes:
        for left in [*in_session(process), process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        process.wait()


@pytest.fixture
def sweep(tmp_path):
    """A task that ends soon and others that take minutes."""
    path = tmp_path / "long.yaml"
    networks = ["digits-cnn", "lenet-5", "vgg16", "resnet152", "bert-large"]
    content = {"networks": networks, "pruners": [{"name": "magnitude", "sparsity": [0.5, 0.9]}]}
    formats = {"formats": ["csr", "coo"], "machines": ["core-i7-5930k", "sparch"]}
    path.write_text(yaml.safe_dump({"name": "long", **content, **formats}))
    return path
