"""The operator's page: served here, fed by the streams."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import shapely
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from chassis.http.pages import FRESH, HEADERS, Static, leads_to
from chassis.security import signin
from chassis.security.audit_trail import unlogged
from chassis.security.auth import AnyCaller, refuse_other_sites
from chassis.security.signouts import SignOuts
from chassis.security.vault import Vault
from services.dispatch.domain.geography import Zone
from services.dispatch.domain.routing import DEFAULT_LIMITS
from services.dispatch.schemas.session import SessionIn
from services.dispatch.settings import DispatchSettings

_WEB = Path(__file__).parent


def add_pages(app: FastAPI, settings: DispatchSettings, vault: Vault, signed_out: SignOuts) -> None:
    """The console and its session."""
    flow = signin.add(app, settings, vault)
    app.state.signed_out = flow.sessions.signed_out = signed_out
    leads_to(app, "/console")

    @app.get("/console", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_WEB / "console.html", headers={**HEADERS, **FRESH})

    @app.get("/console/webhooks", include_in_schema=False)
    def webhooks() -> FileResponse:
        return FileResponse(_WEB / "webhooks.html", headers={**HEADERS, **FRESH})

    @app.get("/console/lending", include_in_schema=False)
    def lending() -> FileResponse:
        return FileResponse(_WEB / "lending.html", headers={**HEADERS, **FRESH})

    @app.get("/console/me", tags=["console"])
    @unlogged
    def me(caller: AnyCaller) -> dict[str, Any]:
        """Who is signed in, and from which age (s) and radius (m) a location turns amber, then red."""
        return {
            "subject": caller.subject,
            "cic": caller.cic,
            "roles": sorted(caller.roles),
            "limits": asdict(DEFAULT_LIMITS),
        }

    @app.post("/console/session", status_code=204, tags=["console"])
    def session(body: SessionIn, request: Request, response: Response) -> None:
        """Keep a token as a session cookie that no script can read: for tools; people use /signin."""
        refuse_other_sites(request)
        flow.count(request)
        token = body.token.get_secret_value()
        app.state.verifier.caller(token)
        flow.sessions.bear(response, token)

    app.mount("/console/static", Static(directory=_WEB / "static"), name="console-static")


class ZonesJson:
    """Zones as GeoJSON text, coordinates to about a metre; made once for each map, for it takes a second."""

    def __init__(self) -> None:
        self._made: tuple[Sequence[Zone], bytes] | None = None

    def answer(self, zones: Sequence[Zone]) -> Response:
        """The map in force; pages may keep it for a minute."""
        if self._made is None or self._made[0] is not zones:
            self._made = (zones, json.dumps(_collection(zones), separators=(",", ":")).encode())
        headers = {"cache-control": "private, max-age=60"}
        return Response(self._made[1], media_type="application/geo+json", headers=headers)


def _collection(zones: Sequence[Zone]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": zone.id,
                "properties": {
                    "id": zone.id,
                    "names": {"nl": zone.names.nl, "fr": zone.names.fr, "de": zone.names.de},
                    "cic": zone.cic,
                    "stand_in": zone.stand_in,
                },
                "geometry": shapely.geometry.mapping(shapely.set_precision(zone.outline, 1e-5)),
            }
            for zone in zones
        ],
    }
