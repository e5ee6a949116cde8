"""The people of the chain approach (ketenaanpak): they read what came, and tell the committee, signed."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from tools.simulation.world import Refused, World

_WEBHOOK = "/v1/chain-approach/webhook"


def signed(secret: str, kind: str, data: dict[str, object]) -> tuple[str, dict[str, str]]:
    """Sign something that is told (Standard Webhooks); returns body and headers."""
    body, at, message = json.dumps({"type": kind, "data": data}), datetime.now(UTC), secrets.token_hex(8)
    headers = {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, at, body),
    }
    return body, headers


class ChainApproach:
    """They work at the process `ketenaanpak` of the development set-up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pass = {"authorization": f"Bearer {world.system.layout.secret('ketenaanpak.token')}"}
        self._secret = world.system.layout.secret("ketenaanpak.secret")

    async def taken(self, path: str, **wanted: object) -> list[dict[str, Any]]:
        """List the bodies that came at a path and say what is wanted, the oldest first."""
        came = await self._world.call("GET", "ketenaanpak", "/v1/taken", self._pass)
        bodies = [each["body"] for each in came if each["path"] == path]
        return [body for body in bodies if wanted.items() <= body.items()]

    async def tell(self, kind: str, data: dict[str, object], secret: str = "") -> None:
        """Tell the committee; `secret`: of somebody else. Raises `Refused`."""
        body, headers = signed(secret or self._secret, kind, data)
        url = self._world.url("committee") + _WEBHOOK
        answer = await self._world.http.post(url, content=body, headers=headers)
        if not answer.is_success:
            raise Refused("POST", _WEBHOOK, answer)
