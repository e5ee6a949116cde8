"""A press with all that is decided about it, on its way through one batch."""

from dataclasses import dataclass, field
from uuid import UUID

from opentelemetry.trace import Span

from contracts.alarm import AlarmRaised
from services.dispatch.domain.incidents import NewIncident
from services.dispatch.domain.orders import NewOrder
from services.dispatch.domain.routing import Route
from services.dispatch.store.rows import JoinedIncidentRow, OwnerRow
from services.dispatch.store.situation import Search


@dataclass(slots=True)
class RaisedPress:
    """One press with all that is decided about it.

    `copy_key`: see `copies.key_of`; `search`: where its unit is looked for; `owner`: see `select_owners`;
    `row`: the incident that it would open; `incident`: the one it opened or joined; both are set by step 4;
    `opened`: whether it is the one that opened it; `known`: whether the device that it names is a victim's.
    """

    alarm: AlarmRaised
    event_id: UUID
    span: Span | None
    subject: str
    enrolment_id: UUID | None
    route: Route
    flags: list[str]
    copy_key: str
    search: Search
    owner: OwnerRow | None = None
    known: bool = False
    row: NewIncident = field(init=False)
    incident: JoinedIncidentRow = field(init=False)
    opened: bool = False
    order: NewOrder | None = None
