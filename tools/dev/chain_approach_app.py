"""Stands in for the machine of the chain approach (ketenaanpak): keeps in memory what a committee sends."""

from secrets import compare_digest
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request

from tools.runtime.native.layout import Layout


def create_app() -> FastAPI:
    """Build the app of the installation in STALKINGALARM_RUN_DIR. Its people: simulation/chain_approach.py."""
    expected = f"Bearer {Layout.at().secret('ketenaanpak.token')}"
    taken: dict[tuple[str, str], dict[str, object]] = {}
    app = FastAPI(title="Chain approach", docs_url=None, redoc_url=None)

    def refuse_others(authorization: Annotated[str, Header()] = "") -> None:
        if not compare_digest(authorization.encode(), expected.encode()):
            raise HTTPException(401)

    @app.get("/health")
    def health() -> dict[str, int]:
        """Count what came."""
        return {"taken": len(taken)}

    @app.post("/v1/referrals", dependencies=[Depends(refuse_others)])
    @app.post("/v1/referrals/{referral_id}/answer", dependencies=[Depends(refuse_others)])
    def take(request: Request, body: dict[str, object], idempotency_key: Annotated[str, Header()]) -> None:
        """Take a referral of theirs, or their answer to one of ours; a copy changes nothing."""
        path = request.url.path
        taken.setdefault((path, idempotency_key), {"path": path, "body": body})

    @app.get("/v1/taken", dependencies=[Depends(refuse_others)])
    def everything() -> list[dict[str, object]]:
        """List path and body of all that came, the oldest first."""
        return list(taken.values())

    return app
