"""What an operator sees and does."""

from uuid import UUID

from fastapi import FastAPI

from chassis.runtime import clock
from chassis.security.accounts import is_one_of
from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.api.dependencies import ROOM
from services.dispatch.domain.unproved import LASTS, Line, grouped
from services.dispatch.models import IncidentRow
from services.dispatch.presenters.caller_view import incident_for
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.schemas.incidents import IncidentCloseIn, IncidentView, SendIn, UnprovedGroup
from services.dispatch.store.incidents import load_open_incidents
from services.dispatch.usecases import send_unit
from services.dispatch.usecases.access_scope import may_see_room, refuse_tied
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.incident_actions import (
    acknowledge_incident,
    close_incident,
    display_incident,
    take_over_incident,
)


def add(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    """The endpoints."""

    operator, supervisor = ("operator", "supervisor", "gateway"), ("supervisor",)

    def seen(caller: Caller, incident_id: UUID) -> IncidentView:
        return disclosures.show(caller, incident_for(context, caller, incident_id))

    def untied(caller: Caller, incident_id: UUID) -> None:
        """For what only somebody without a tie may do; raises `Tied`."""
        view = incident_for(context, caller, incident_id)
        refuse_tied(tied=is_one_of(caller.subject, view.kept_from))

    @app.get("/v1/control-rooms/{cic_id}/incidents", tags=["incidents"])
    def open_incidents(cic_id: str, caller: Caller = require(*ROOM)) -> list[IncidentView]:
        """Open incidents, most urgent first; many alike that nobody proved are one, with their `group`."""
        may_see_room(caller, cic_id)
        with context.database.read() as session:
            lines = grouped(load_open_incidents(session, cic_id))
            whole = load_views(context, session, [line.shown.id for line in lines], clock.now())
        groups = {line.shown.id: _group(line) for line in lines if line.alike}
        found = (view.model_copy(update={"group": groups.get(view.incident_id)}) for view in whole)
        return [disclosures.show(caller, view) for view in found]

    @app.get("/v1/incidents/{incident_id}", tags=["incidents"])
    def incident(incident_id: UUID, caller: Caller = require(*ROOM)) -> IncidentView:
        """One incident; the card only while it is open."""
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/display", tags=["incidents"])
    def display(incident_id: UUID, caller: Caller = require(*operator)) -> IncidentView:
        """It stands on a screen of the control room."""
        incident_for(context, caller, incident_id)
        display_incident(context, incident_id)
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/acknowledge", tags=["incidents"])
    def acknowledge(incident_id: UUID, caller: Caller = require(*operator)) -> IncidentView:
        """An operator of the room that answers for it takes it; the escalation ladder stops."""
        untied(caller, incident_id)
        acknowledge_incident(context, incident_id, caller.subject, caller.cic or "")
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/take-over", tags=["incidents"])
    def take_over(incident_id: UUID, caller: Caller = require(*operator)) -> IncidentView:
        """The caller's control room accepts the hand-over."""
        untied(caller, incident_id)
        take_over_incident(context, incident_id, caller.subject, caller.cic or "")
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/send", tags=["incidents"])
    def send(
        incident_id: UUID, body: SendIn | None = None, caller: Caller = require(*operator)
    ) -> IncidentView:
        """Send a unit; without one, the proposed unit: that may also who has a tie."""
        unit_id = body.unit_id if body else None
        view = incident_for(context, caller, incident_id)
        refuse_tied(tied=unit_id is not None and is_one_of(caller.subject, view.kept_from))
        send_unit.send(context, incident_id, unit_id, caller.cic)
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/close", tags=["incidents"])
    def close(incident_id: UUID, body: IncidentCloseIn, caller: Caller = require(*supervisor)) -> IncidentView:
        """A supervisor closes, with a reason."""
        untied(caller, incident_id)
        close_incident(
            context,
            incident_id,
            body.outcome,
            by="supervisor",
            person=caller.subject,
            reason=body.reason,
            cic_id=caller.cic,
        )
        return seen(caller, incident_id)


def _group(line: Line[IncidentRow]) -> UnprovedGroup:
    return UnprovedGroup(
        count=len(line.alike),
        incident_ids=[each.id for each in line.alike],
        presses={each.id: each.presses for each in line.alike},
        first_raised_at=line.shown.raised_at,
        last_raised_at=line.alike[-1].raised_at,
        until=line.shown.raised_at + LASTS,
    )
