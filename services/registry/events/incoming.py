"""What the registry reads from others: an event becomes a row; raises `Invalid` naming the field."""

from datetime import date, datetime
from uuid import UUID

from chassis.messaging.payload import read_payload
from chassis.security.accounts import account
from contracts.audit import AuditSealed
from contracts.committee import (
    AlarmEnding,
    AlarmGranted,
    AlarmProvisionallyGranted,
    AlarmRefused,
    ApplicationReopened,
    ConflictDeclared,
    ConflictWithdrawn,
    ReviewHeld,
)
from contracts.dispatch import TestRouted, ZonesPublished
from contracts.envelope import Event
from services.registry.models import FileConflictRow, GrantRow, ZonesRow


def decision(event: Event) -> GrantRow | None:
    """Read a decision of the committee; None for its other events. Raises `Invalid`.

    Granted without `ends_on`: provisional, until the committee decides.
    """
    if event.type == AlarmProvisionallyGranted.TYPE:
        provisional = read_payload(AlarmProvisionallyGranted, event)
        return _grant(provisional, True, provisional.decided_at)
    if event.type == AlarmGranted.TYPE:
        granted = read_payload(AlarmGranted, event)
        return _grant(granted, True, granted.decided_at, granted.ends_on)
    if event.type == AlarmRefused.TYPE:
        refused = read_payload(AlarmRefused, event)
        return _grant(refused, False, refused.decided_at)
    if event.type == AlarmEnding.TYPE:
        ending = read_payload(AlarmEnding, event)
        return _grant(ending, True, ending.decided_at, to_end=True)
    if event.type == ReviewHeld.TYPE:
        held = read_payload(ReviewHeld, event)
        return _grant(held, True, held.held_at, held.ends_on) if held.outcome == "extend" else None
    if event.type == ApplicationReopened.TYPE:
        reopened = read_payload(ApplicationReopened, event)
        # Others decide anew: until then nobody takes the device back.
        return _grant(reopened, True, reopened.reopened_at) if reopened.alive else None
    return None


_Decision = (
    AlarmProvisionallyGranted | AlarmGranted | AlarmRefused | AlarmEnding | ReviewHeld | ApplicationReopened
)


def _grant(
    fact: _Decision,
    granted: bool,
    at: datetime,
    ends_on: date | None = None,
    *,
    to_end: bool = False,
) -> GrantRow | None:
    # A review of an enrolment whose application is not the committee's changes no grant.
    if fact.application_id is None:
        return None
    return GrantRow(
        application_id=fact.application_id,
        enrolment_id=fact.enrolment_id,
        granted=granted,
        to_end=to_end,
        number=fact.number,
        decided_at=at,
        ends_on=ends_on,
    )


def conflicted(event: Event) -> FileConflictRow | None:
    """Read a conflict declared or withdrawn at the committee; None for other events. Raises `Invalid`."""
    if event.type not in (ConflictDeclared.TYPE, ConflictWithdrawn.TYPE):
        return None
    declares = event.type == ConflictDeclared.TYPE
    news: ConflictDeclared | ConflictWithdrawn
    news = read_payload(ConflictDeclared, event) if declares else read_payload(ConflictWithdrawn, event)
    return FileConflictRow(
        enrolment_id=news.enrolment_id,
        subject=account(news.person),
        source=news.source,
        declared_at=news.declared_at,
        declared_by="committee",
        by_another=isinstance(news, ConflictDeclared) and news.by_another,
        withdrawn_at=news.withdrawn_at,
    )


def passed_test(event: Event) -> tuple[UUID, datetime] | None:
    """Read device and time of receipt of a test press that came through. Raises `Invalid`."""
    if event.type != TestRouted.TYPE:
        return None
    routed = read_payload(TestRouted, event)
    return routed.device_id, routed.received_at


def zones_in_force(event: Event) -> ZonesRow | None:
    """Read the police zones that dispatch published; None for its other events. Raises `Invalid`."""
    if event.type != ZonesPublished.TYPE:
        return None
    news = read_payload(ZonesPublished, event)
    return ZonesRow(number=news.number, zones=[zone.model_dump() for zone in news.zones])


def audit_sealed(event: Event) -> AuditSealed:
    """Read where reporting signed that its audit log stands."""
    return AuditSealed.model_validate(event.data)
