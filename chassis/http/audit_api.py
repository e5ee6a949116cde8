"""The audit log over HTTP, for auditors: the same three questions in every service."""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import AwareDatetime, BaseModel

from chassis.database.database import Database
from chassis.security import audit, witness
from chassis.security.audit_trail import Trail, unlogged
from chassis.security.auth import require
from chassis.security.principal import Principal
from contracts.audit import AuditEntry, AuditSealed
from contracts.topology import ServiceName

Auditor = Annotated[Principal, require("auditor")]
After = Annotated[int, Query(ge=0, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=5000)]


class AuditState(BaseModel):
    """What is not in the chain yet: the time (UTC) of the oldest such entry, or None."""

    oldest_unchained_at: AwareDatetime | None


def add(app: FastAPI, database: Callable[[], Database], service: str) -> None:
    """Add the endpoints for the audit log, and log a line for whatever is asked of this application."""
    app.add_middleware(Trail, database=database)

    @app.get("/v1/audit/entries", tags=["audit"])
    def entries(caller: Auditor, after: After = 0, limit: Limit = 1000) -> list[AuditEntry]:
        """List entries in the order of the chain; reading them adds an entry too."""
        with database().transaction() as tx:
            tx.write(audit.entry(caller, "read", audit.Purpose("audit", f"audit:{service}"), ("entries",)))
            return audit.entries(tx.session, after, limit)

    @app.get("/v1/audit/seals", tags=["audit"])
    @unlogged
    def seals(_: Auditor, after: After = 0, limit: Limit = 1000) -> list[AuditSealed]:
        """List the service's signatures, each with the position where its log stood."""
        with database().read() as session:
            return audit.seals(session, service, after, limit)

    @app.get("/v1/audit/state", tags=["audit"])
    @unlogged
    def state(_: Auditor) -> AuditState:
        """Say whether the chain is up to date."""
        with database().read() as session:
            return AuditState(oldest_unchained_at=audit.oldest_loose(session))


def add_witness(app: FastAPI, database: Callable[[], Database]) -> None:
    """Add the endpoint for what this service received of other services' seals."""

    @app.get("/v1/audit/witness/{service}", tags=["audit"])
    @unlogged
    def witnessed(service: ServiceName, _: Auditor, after: After = 0, limit: Limit = 1000) -> list[AuditSealed]:
        """List what a service signed of its audit log, as it was received then."""
        with database().read() as session:
            return witness.listing(session, service, after, limit)
