"""The tenant of the API's tests, for tests of the engine itself."""

from tests.runtime.api.conftest import bench

__all__ = ["bench"]
