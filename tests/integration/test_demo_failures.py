"""The demonstration on a machine under load: what is busy is asked again, and a failure says what failed."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

from tests.support.serving import Serving
from tools.demo.demo import what_failed
from tools.runtime.native.layout import Layout
from tools.simulation.world import Refused, World, until


class _Busy:
    """A system whose one service is busy for so many requests."""

    def __init__(self, layout: Layout, url: str) -> None:
        self.layout, self._url = layout, url

    def url(self, _: str) -> str:
        return self._url


def busy_for(requests: int) -> FastAPI:
    app, left = FastAPI(), [requests]

    @app.post("/v1/files")
    def files() -> Any:
        left[0] -= 1
        return Response(status_code=503) if left[0] >= 0 else {"opened": True}

    return app


def called(folder: Path, requests: int, patience_s: float) -> Any:
    async def story(url: str) -> Any:
        async with World(_Busy(Layout.at(folder), url), patience_s) as world:
            return await world.call("POST", "registry", "/v1/files", {})

    with Serving(busy_for(requests)) as system:
        return asyncio.run(story(system.url))


def test_who_is_busy_is_asked_again_for_a_while(tmp_path: Path) -> None:
    assert called(tmp_path / "a", 2, patience_s=20) == {"opened": True}
    for requests, patience_s in ((2, 0.0), (10_000, 1.0)):
        with pytest.raises(Refused, match="POST /v1/files: 503"):
            called(tmp_path / "b", requests, patience_s)


async def _never() -> bool:
    return False


def test_a_failure_says_what_failed() -> None:
    with pytest.raises(TimeoutError, match="in vain for: _never"):
        asyncio.run(until(_never, 0.1))
    assert what_failed(TimeoutError()) == "TimeoutError"
    request = httpx.Request("GET", "http://there/v1/units")
    assert what_failed(httpx.ReadError("", request=request)) == "GET http://there/v1/units: ReadError"
    assert what_failed(httpx.ReadError("")) == "ReadError"
