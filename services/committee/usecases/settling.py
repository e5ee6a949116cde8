"""What waited for a confirmation takes effect, as who recorded it said it, or lapses."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.security.principal import Caller
from services.committee.domain.presence import Counted
from services.committee.models import AgendaRow, MeetingRow, WaitingRow
from services.committee.store import cases
from services.committee.store import waiting as store
from services.committee.usecases import procedures, quorum, reviewing, sealed
from services.committee.usecases.work import Work


def recorder_of(row: WaitingRow) -> Caller:
    """Who recorded it: it happens in their name, and within what they may see."""
    return Caller(subject=row.recorded_by, roles=frozenset({"secretariat"}), **row.recorder)


def take_effect(work: Work, waiting_id: UUID) -> bool:
    """Do what waits if a quorum has confirmed by now; whether it was done.

    Raises a `ServiceError` where it cannot be done any more: decided elsewhere meanwhile, say.
    """
    known = store.one(work.session, waiting_id)
    # The case first, as everywhere: two who lock in another order wait for each other.
    case = known.application_id if known else None
    application = cases.application(work.session, case, lock=True) if case else None
    row = store.one(work.session, waiting_id, lock=True)
    if row is None or row.state != "waiting":
        return False
    item, meeting = work.session.get(AgendaRow, row.item_id), work.session.get(MeetingRow, row.meeting_id)
    assert item is not None and meeting is not None  # noqa: S101, PT018 - neither is ever deleted
    counted = quorum.counted_later(work, meeting, application, item, row.there)
    if counted.missing or counted.waits_for:
        return False
    # Before the act: what else waits about the case lapses with it.
    row.state, row.settled_at, item.state = "effective", work.at, "decided"
    _ACTS[row.act](work, row, work.open(sealed.waiting(row.id), row.sealed), counted)
    return True


def _decide(work: Work, row: WaitingRow, said: Mapping[str, Any], counted: Counted) -> None:
    assert row.application_id is not None  # noqa: S101 - of a case
    outcome: procedures.Outcome = "grant" if row.act == "grant" else "refuse"
    procedures.decide(work, row.application_id, outcome, said, row.meeting_id, counted)


def _propose(work: Work, row: WaitingRow, said: Mapping[str, Any], counted: Counted) -> None:
    assert row.application_id is not None  # noqa: S101 - of a case
    outcome: procedures.Outcome = "grant" if said["outcome"] == "grant" else "refuse"
    procedures.propose_decision(work, row.application_id, outcome, said, row.meeting_id, counted)


def _hold(work: Work, row: WaitingRow, said: Mapping[str, Any], counted: Counted) -> None:
    assert row.review_id is not None  # noqa: S101 - of a review
    ends_on = said.get("ends_on")
    whole = {**said, "ends_on": date.fromisoformat(ends_on) if ends_on else None}
    reviewing.hold(work, row.review_id, whole, row.meeting_id, counted, row.recorded_at)


_ACTS: Mapping[str, Callable[[Work, WaitingRow, Mapping[str, Any], Counted], None]] = {
    "grant": _decide,
    "refuse": _decide,
    "propose_decision": _propose,
    "hold": _hold,
}
