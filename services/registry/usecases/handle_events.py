"""Events of other services: each is recorded once, whatever order they come in."""

from collections.abc import Sequence

from chassis.database.database import Transaction
from chassis.security import witness
from contracts.envelope import Event
from contracts.topology import REGISTRY_GRANTS, REGISTRY_TESTS
from services.registry.events import incoming
from services.registry.usecases import conflicts_of_interest, devices, files, zones


def record_committee_events(tx: Transaction, events: Sequence[Event]) -> None:
    """Record what is new among these events of the committee, each once; raises `Invalid`."""
    fresh = tx.claim(REGISTRY_GRANTS, [event.id for event in events])
    news = {event.id: event for event in events if event.id in fresh}.values()
    # By file, so that two workers lock the files in the same order; numbers tell which is the last.
    decided = [row for event in news if (row := incoming.decision(event))]
    for row in sorted(decided, key=lambda row: (row.enrolment_id, row.number, row.decided_at)):
        files.record_decision(tx, row)
    for conflict in filter(None, map(incoming.conflicted, news)):
        conflicts_of_interest.record_conflict(tx, conflict)


def record_tests(tx: Transaction, events: Sequence[Event]) -> None:
    """Record the test presses that came through, each event once; raises `Invalid`."""
    fresh = tx.claim(REGISTRY_TESTS, [event.id for event in events])
    # By device, so that two workers lock the files in the same order.
    passed = {incoming.passed_test(event) for event in events if event.id in fresh}
    for device_id, received_at in sorted(test for test in passed if test):
        devices.record_test(tx, device_id, received_at)


def record_zones(tx: Transaction, events: Sequence[Event]) -> None:
    """Record which zones dispatch published last; raises `Invalid`."""
    for row in filter(None, map(incoming.zones_in_force, events)):
        zones.record_zones(tx, row)


def record_seals(tx: Transaction, events: Sequence[Event]) -> None:
    """Record where reporting signed that its audit log stood: the registry is its witness."""
    witness.keep(tx.session, [incoming.audit_sealed(event).model_dump(mode="json") for event in events])
