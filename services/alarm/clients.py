"""The hand-over to dispatch over HTTP, for when the broker does not confirm in time."""

import asyncio
import logging
from datetime import datetime

import httpx

from chassis import clock
from contracts.envelope import CONTENT_TYPE
from services.alarm.settings import AlarmSettings

log = logging.getLogger(__name__)

_PAUSE_S = 0.2


class DispatchClient:
    """Hands events to dispatch's inbox, which makes a copy over HTTP and one over the broker the same."""

    def __init__(self, settings: AlarmSettings, connections: int) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.dispatch_url,
            headers={
                "authorization": f"Bearer {settings.service_token.get_secret_value()}",
                "content-type": CONTENT_TYPE,
            },
            timeout=httpx.Timeout(2.0, connect=0.5),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    async def hand_over(self, body: bytes, until: datetime) -> bool:
        """Give dispatch an encoded event; tries until it is accepted or `until` has passed."""
        while True:
            try:
                answer = await self._http.post("/v1/intake", content=body)
                if answer.is_success:
                    return True
                why = str(answer.status_code)
            except httpx.HTTPError as error:
                why = type(error).__name__
            if clock.now() >= until:
                log.error("dispatch did not take a press in time: %s", why)
                return False
            await asyncio.sleep(_PAUSE_S)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
