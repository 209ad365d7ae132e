import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from .modules import digits


@pytest.fixture(scope="session")
def samples():
    return digits()
