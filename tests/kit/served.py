"""What every server of the kit has in common: it begins and ends with a ``with``."""

from types import TracebackType
from typing import Protocol, Self

from tests.kit.loopback import LoopbackServer


class Served(Protocol):
    """``start`` listens and raises what went wrong; ``stop`` ends it, and is harmless when it has ended."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class OnLoopback(Served):
    """One that serves its applications by a loopback server."""

    _server: LoopbackServer

    def start(self) -> None:
        """Listen; raises what went wrong."""
        self._server.start()

    def stop(self) -> None:
        """End it and wait for its thread."""
        self._server.stop()

    def end(self) -> None:
        """Begin to end; for callers in its own loop."""
        self._server.end()

    def wait(self) -> None:
        """Until it ends by itself."""
        self._server.wait()
