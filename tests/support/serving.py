"""An application that listens on a port of this process."""

import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn

from tests.support.alarm import free_port


class Serving:
    """Serve an ASGI application for as long as the `with` lasts."""

    def __init__(self, app: Any) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=port, log_level="critical", timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Self:
        self._thread.start()
        until = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < until
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
