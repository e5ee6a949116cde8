"""The operator's page: served here, fed by the streams."""

from dataclasses import asdict
from functools import cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from chassis.http.pages import FRESH, HEADERS, Static, leads_to, templates_in
from chassis.security import signin
from chassis.security.audit_trail import unlogged
from chassis.security.auth import AnyPrincipal, refuse_other_sites
from chassis.security.signouts import SignOuts
from chassis.security.vault import Vault
from services.dispatch.domain.fix_quality import DEFAULT_LIMITS
from services.dispatch.schemas.session import SessionIn
from services.dispatch.settings import DispatchSettings

_PAGES = Path(__file__).parent
_TEMPLATES = templates_in(_PAGES / "templates")

router = APIRouter(prefix="/console")


def add_pages(app: FastAPI, settings: DispatchSettings, vault: Vault, signed_out: SignOuts) -> None:
    """Add the console and its session."""
    flow = signin.add(app, settings, vault)
    flow.sessions.signed_out = signed_out
    app.state.sign_in = flow
    leads_to(app, "/console")
    app.include_router(router)
    app.mount("/console/static", Static(directory=_PAGES / "static"), name="console-static")


@router.get("", include_in_schema=False)
def page() -> HTMLResponse:
    """Serve the page of the alarms."""
    return _page("console.html", "/console")


@router.get("/webhooks", include_in_schema=False)
def webhooks() -> HTMLResponse:
    """Serve the page of the webhooks."""
    return _page("webhooks.html", "/console/webhooks")


@router.get("/lending", include_in_schema=False)
def lending() -> HTMLResponse:
    """Serve the page of the units that are lent."""
    return _page("lending.html", "/console/lending")


@router.get("/me", tags=["console"])
@unlogged
def me(caller: AnyPrincipal) -> dict[str, object]:
    """Say who is signed in, and from which age (s) and radius (m) a location turns amber, then red."""
    return {
        "subject": caller.subject,
        "cic": caller.cic,
        "roles": sorted(caller.roles),
        "limits": asdict(DEFAULT_LIMITS),
    }


@router.post("/session", status_code=204, tags=["console"])
def session(body: SessionIn, request: Request, response: Response) -> None:
    """Keep a token as a session cookie that no script can read: for tools; people use /signin."""
    refuse_other_sites(request)
    flow: signin.SignIn = request.app.state.sign_in
    flow.count(request)
    token = body.token.get_secret_value()
    request.app.state.verifier.caller(token)
    flow.sessions.bear(response, token)


def _page(name: str, here: str) -> HTMLResponse:
    return HTMLResponse(_rendered(name, here), headers={**HEADERS, **FRESH})


@cache
def _rendered(name: str, here: str) -> str:
    """Render a page, the same for everybody; `here`: where one comes back to after signing in."""
    return _TEMPLATES.get_template(name).render(here=here)
