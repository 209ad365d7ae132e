from tests.results.conftest import results

__all__ = ["results"]
