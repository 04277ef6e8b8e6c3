"""The same live server and tills as the engine's own tests."""

from tests.client.conftest import fresh_till, shared_server, till

__all__ = ["fresh_till", "shared_server", "till"]
