"""From a press to an order: the heart of the alarm path. A batch of presses is one transaction.

Dies half way: nothing committed, the broker delivers again. Twice: the inbox knows. Late or out of order:
handled all the same, flagged late. Malformed optional fields: already flags. Database gone: retried.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.telemetry import telemetry
from contracts.alarm import AlarmRaised
from contracts.common import Fix
from services.dispatch.domain.flags import PENDING, merged
from services.dispatch.domain.locations import fix_time
from services.dispatch.domain.orders import UNIT_SILENT
from services.dispatch.domain.subjects import subject_of
from services.dispatch.domain.urgency import urgency_of
from services.dispatch.store.alarm_path import open_or_join, select_open_unproved, select_owners
from services.dispatch.store.incidents import incidents_by_id
from services.dispatch.store.situation import KnownUnit
from services.dispatch.store.units import claim_units
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.raise_alarms import copies
from services.dispatch.usecases.raise_alarms.believe import believed
from services.dispatch.usecases.raise_alarms.join import is_far, join
from services.dispatch.usecases.raise_alarms.persist import record
from services.dispatch.usecases.raise_alarms.raised import NewOrder, Raised


def raise_alarms(context: Context, presses: Sequence[tuple[UUID, AlarmRaised, Span | None]]) -> None:
    """Handle presses (event id, alarm, span) in one transaction; copies have no effect.

    Three round trips however many: what is new and whose it is; incidents and units; all the rest with
    the commit.
    """
    with context.database.transaction() as tx:
        devices = {d for d in (_uuid(alarm.device_id) for _, alarm, _ in presses) if d}
        # One for broker and HTTP intake, whatever the lane: every copy of a press is one.
        arrived = copies.by_key(presses)
        *_, known, owned = tx.send(*copies.locked(arrived), select_owners(devices))
        raised = _prepare(context, {row.id: row for row in owned}, copies.new_among(tx, arrived, known))
        now = clock.now()
        keep_apart(tx, context, raised)
        _open_or_join(tx, context, raised, now)
        record(tx, context, raised, now)


def _prepare(
    context: Context, owners: Mapping[UUID, Any], presses: Mapping[str, copies.Arrived]
) -> list[Raised]:
    raised = []
    for key, (event_id, alarm, span) in presses.items():
        device_id = _uuid(alarm.device_id)
        owner = owners.get(device_id) if device_id else None
        alarm = believed(alarm, owner)
        known = owner is not None
        # An unproved press names a device that is perhaps not its own: its home zone must not be used.
        owner = owner if alarm.lane == "verified" else None
        enrolment_id = owner.enrolment_id if owner else None
        route = context.board.route(alarm.fix, owner.managing_zone_id if owner else None)
        flags = merged(alarm.flags, sorted(route.flags), ["unverified"] if alarm.lane == "unverified" else [])
        subject = subject_of(alarm.device_id, enrolment_id, alarm.lane)
        # Opened only where nothing else tells where she is.
        home = context.home_of(enrolment_id, owner.card) if owner and route.point is None else None
        search = context.board.search(route, home)
        raised.append(
            Raised(alarm, event_id, span, subject, enrolment_id, route, flags, key, search, owner, known)
        )
    return raised


def keep_apart(tx: Transaction, context: Context, raised: Sequence[Raised]) -> None:
    """Unproved presses join near by, soon, from one source, and none that a person took.

    Who named the device before was perhaps somebody else. Near is reckoned from where the incident was opened
    as well: step by step nobody leads it away.
    """
    unproved = [press for press in raised if press.alarm.lane == "unverified"]
    if not unproved:
        return
    [rows] = tx.send(select_open_unproved({press.alarm.device_id for press in unproved}))
    known = [
        Unproved(
            (row.device_id, row.source),
            row.subject,
            (context.open_first_fix(row), context.open_fix(row)),
            row.last_press_at,
        )
        for row in reversed(rows)
    ]
    for press in unproved:
        joined = next((each for each in known if _may_join(context, press.alarm, each)), None)
        if joined is not None:
            press.subject = joined.subject
        else:
            alarm = press.alarm
            press.subject = f"{press.subject}:{alarm.alarm_id}"
            sender = (alarm.device_id, alarm.source)
            known.insert(0, Unproved(sender, press.subject, (alarm.fix,), alarm.received_at))


class Unproved(NamedTuple):
    """An open incident of unproved presses: who sent them, where it was opened and where it is now."""

    sender: tuple[str, str | None]
    subject: str
    places: tuple[Fix | None, ...]
    last_press_at: datetime


def _may_join(context: Context, alarm: AlarmRaised, incident: Unproved) -> bool:
    apart_s = abs((alarm.received_at - incident.last_press_at).total_seconds())
    return (
        incident.sender == (alarm.device_id, alarm.source)
        and apart_s <= context.settings.unproved_join_s
        and all(_is_near(context, place, alarm.fix) for place in incident.places)
    )


def _is_near(context: Context, one: Fix | None, other: Fix | None) -> bool:
    """Whether two places may be one; of a known and an unknown one nobody can say so."""
    if one is None or other is None:
        return one is other
    return not is_far(one, other, context.settings.unproved_join_m)


def _open_or_join(tx: Transaction, context: Context, raised: Sequence[Raised], now: datetime) -> None:
    """Open or join incidents; propose the nearest unit of a new one, or send it where the policy says so.

    However often one device presses, its subject is one row of the statement: it delays nobody else.
    """
    of_subject: dict[str, list[Raised]] = {}
    for press in raised:
        of_subject.setdefault(press.subject, []).append(press)
    firsts = [presses[0] for presses in of_subject.values()]
    if not firsts:
        return
    taken: set[str] = set()
    for press in firsts:
        _pick(context, press, now, taken)
        press.row = _incident(context, press, now, of_subject[press.subject])
    [rows] = tx.send(open_or_join([press.row for press in firsts], now))
    found = {row.subject: row for row in rows}
    for press in raised:
        press.incident = found[press.subject]
    for press in firsts:
        press.opened = press.incident.opened
        if not press.opened:
            press.order = None
    _next_best(tx, context, [p for p in firsts if _is_taken(p, p.incident.order_id)], now, taken)
    for press in firsts:
        if press.order is not None and press.order.automatic:
            tx.after_commit(partial(context.board.units.remove, press.order.unit_id))
    further = {
        presses[0].incident.id: [press for press in presses if not press.opened]
        for presses in of_subject.values()
        if len(presses) > 1 or not presses[0].opened
    }
    for incident in incidents_by_id(tx.session, further) if further else ():
        join(tx, context, incident, further[incident.id], now)


def _is_taken(press: Raised, order_id: UUID | None) -> bool:
    return press.order is not None and press.order.automatic and press.order.id != order_id


def _next_best(
    tx: Transaction, context: Context, waiting: Sequence[Raised], now: datetime, taken: set[str]
) -> None:
    """Another process was faster: the next nearest, until one is free; without one a timer goes on looking."""
    while waiting:
        for press in waiting:
            _pick(context, press, now, taken)
        orders = [press.order for press in waiting if press.order is not None and press.order.automatic]
        got = claim_units(tx.session, {order.id: order.unit_id for order in orders}, now)
        waiting = [p for p in waiting if p.order is not None and p.order.automatic and p.order.id not in got]


def _incident(context: Context, press: Raised, now: datetime, presses: Sequence[Raised]) -> Mapping[str, Any]:
    alarm, route = press.alarm, press.route
    own = {route.cic}
    order = press.order if press.order is not None and press.order.automatic else None
    return {
        "unit_id": order.unit_id if order else None,
        "order_id": order.id if order else None,
        "id": alarm.alarm_id,
        "subject": press.subject,
        "device_id": alarm.device_id,
        "enrolment_id": press.enrolment_id,
        "lane": alarm.lane,
        "source": alarm.source if alarm.lane == "unverified" else None,
        "known_device": press.known,
        "cic_id": route.cic,
        "also_cics": merged(n.cic for n in route.neighbours if n.cic not in own),
        "zone_id": route.zone,
        "border_zones": [n.zone for n in route.neighbours],
        "basis": route.basis,
        "flags": merged(press.flags, [UNIT_SILENT] if press.order is not None and press.order.silent else []),
        "urgency": urgency_of(alarm.lane, len(presses), None, pending=PENDING in press.flags),
        "raised_at": alarm.received_at,
        "deadline_at": alarm.deadline_at,
        "routed_at": now,
        "last_press_at": max(each.alarm.received_at for each in presses),
        "fix": context.seal_fix(press.subject, alarm.fix),
        "fix_at": fix_time(alarm.fix, alarm.received_at) if alarm.fix else None,
        "first_fix": context.seal_fix(press.subject, alarm.fix) if alarm.lane == "unverified" else None,
        "traceparent": telemetry.traceparent_of(press.span),
        "changed_at": now,
        "presses": len(presses),
        "state": "open",
        "revision": 1,
    }


def _pick(context: Context, press: Raised, now: datetime, taken: set[str]) -> None:
    """The nearest unit that is not `taken`, which it is from now on."""
    found = context.board.candidates(press.route, press.search, frozenset(taken), k=1)
    if not found:
        press.order = None
        return
    unit_id, metres, basis, silent = found[0]
    taken.add(unit_id)
    # A refresh beside us may just have forgotten it.
    unit = context.board.known.get(unit_id) or KnownUnit(unit_id, press.route.cic, "", None)
    automatic = context.board.room(press.route.cic).policy == "automatic" and press.alarm.lane == "verified"
    press.order = NewOrder(
        id=uuid4(),
        incident_id=press.alarm.alarm_id,
        unit_id=unit_id,
        unit_cic_id=unit.cic_id,
        unit_seen_at=unit.seen_at,
        callsign=unit.callsign,
        cic_id=press.route.cic,
        state="sent" if automatic else "proposed",
        automatic=automatic,
        distance_m=metres,
        search_basis=basis,
        silent=silent,
        created_at=now,
        sent_at=now if automatic else None,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
