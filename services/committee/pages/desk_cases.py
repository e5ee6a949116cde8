"""Pages of one case: a draft, or all from application to decision and what the caller can do now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from chassis.database.damaged_rows import Known
from chassis.security.principal import Caller
from services.committee.api.dependencies import OFFICERS, OPINION_GIVERS, PROPOSERS, READERS, TIE_KEEPERS
from services.committee.domain.application import ELEMENTS, LEVELS, MOVES
from services.committee.domain.chain import PARTNER, fields_sent
from services.committee.models import ApplicationRow, ProtocolRow
from services.committee.pages.desk_common import Agendas, Desk, conditions_of, is_member
from services.committee.presenters import shown
from services.committee.presenters.partner_names import called
from services.committee.schemas.case import ApplicationOut, ConflictOut
from services.committee.store import cases, due
from services.committee.store import members as member_store
from services.committee.store import protocols as protocol_store
from services.committee.usecases import applications, chain, conflicts_of_interest
from services.committee.usecases.access_scope import COMMITTEE, Reading


def add(desk: Desk) -> None:
    """A new application, and one case."""
    _new(desk)
    _case(desk)


def _new(desk: Desk) -> None:
    @desk.app.get("/desk/applications/new", include_in_schema=False)
    def new(request: Request) -> Response:
        """An empty application."""
        caller = desk.pages.reader(request, *PROPOSERS)
        with desk.parts.database.read() as session:
            protocols = protocol_store.all_in_force(session)
        what: dict[str, Any] = {"case": None, "conditions": [], "elements": ELEMENTS, "levels": LEVELS}
        what |= _choices(desk, request, caller, protocols, None)
        return desk.show(request, "draft.html", caller, **what)


def _case(desk: Desk) -> None:
    @desk.app.get("/desk/applications/{application_id}", include_in_schema=False)
    def case(request: Request, application_id: UUID) -> Response:
        """One case: a draft to write on, or all that happened and is to be done."""
        caller = desk.pages.reader(request, *READERS)
        with desk.parts.reading(caller) as reading:
            row = reading.visible(application_id)
            filed = shown.filed(reading, applications.filed(reading, row))
            protocol = protocol_of(reading, row)
            what: dict[str, Any] = {"case": filed, **conditions_of(protocol), "elements": ELEMENTS}
            if row.state == "draft" and caller.roles & set(PROPOSERS):
                protocols = protocol_store.all_in_force(reading.session)
                what |= _choices(desk, request, caller, protocols, row.proposer)
                return desk.show(request, "draft.html", caller, **what, levels=LEVELS)
            what |= _around(reading, row) if is_member(caller) else _nothing_around()
            what |= _ties(reading, row)
            what["opinions"] = shown.opinions(reading, row) if caller.roles & set(OPINION_GIVERS) else None
        what |= {"protocol": protocol, "levels": _raised(filed) if caller.roles & set(OFFICERS) else ()}
        moves = {move for state, move in MOVES if state == row.state}
        return desk.show(request, "case.html", caller, moves=moves, **what)


def _choices(
    desk: Desk, request: Request, caller: Caller, protocols: Sequence[ProtocolRow], present: str | None
) -> dict[str, Any]:
    """What a draft can be under, and by whom proposed: who is no member proposes for their own partner."""
    proposers = dict[str, str]()
    if caller.roles & COMMITTEE:
        language = desk.pages.language(request)
        contents = [row.said for row in protocols]
        said = [(each["id"], content) for content in contents for each in content["partners"]]
        own = [(code, None) for code in (present, caller.partner) if code]
        for code, content in [*said, *own]:
            proposers.setdefault(code, called(code, language, content))
    return {"protocols": protocols, "proposers": proposers}


def protocol_of(reading: Reading, row: ApplicationRow) -> ProtocolRow | None:
    """What binds a case: its frozen version, or while it is a draft the one in force."""
    if row.protocol_id is None:
        return None
    if row.protocol_version is None:
        return protocol_store.in_force(reading.session, row.protocol_id)
    return protocol_store.version(reading.session, row.protocol_id, row.protocol_version)


def _raised(case: ApplicationOut) -> tuple[str, ...]:
    """The levels that any officer may set: as it is, or higher."""
    level = case.assessment.level
    return LEVELS[LEVELS.index(level) :] if level else LEVELS


def _around(reading: Reading, row: ApplicationRow) -> dict[str, Any]:
    """What members see of a case besides the application: logged, as over the API."""
    shown.read(reading, shown.about(row.id), "history")
    agendas = Agendas.read(reading.session, reading.scope)
    waiting = [each for each in due.reviews_of(reading.session, row.id) if each.state in ("open", "overdue")]
    return {
        "history": shown.history(reading, cases.history(reading.session, [row.id])),
        "deadlines": [d for d in due.deadlines_of(reading.session, row.id) if d.state == "open"],
        "agendas": agendas.of(row, None),
        "reviews": [(each, *agendas.of(row, each.id)) for each in waiting],
        "handovers": [shown.handover(reading, *each) for each in chain.of_application(reading, row.id)],
        "sendable": sendable(reading, row),
    }


def _ties(reading: Reading, row: ApplicationRow) -> dict[str, Any]:
    """Whose ties were declared, for who may withdraw them; and whether the reader may declare another's."""
    found: list[ConflictOut] = []
    if reading.caller.roles & set(TIE_KEEPERS):
        shown.read(reading, shown.about(row.id), "conflict")
        found = [shown.conflict(*each) for each in conflicts_of_interest.of_case(reading, row.id)]
    may = conflicts_of_interest.may_be_said(reading, row)
    known = member_store.members(reading.session, row.protocol_id) if may and row.protocol_id else ()
    return {"ties": found, "may_tie": may, "accounts": [each.person for each in known]}


def sendable(reading: Reading, row: ApplicationRow) -> dict[str, Any]:
    """What the protocol lets be sent to the chain approach, field by field, exactly as it would be sent."""
    protocol = protocol_of(reading, row)
    agreed = protocol.said["shared_fields"].get(PARTNER, ()) if protocol else ()
    nothing: dict[str, Any] = {}
    return Known("application", row.id).read(
        "sealed", lambda: dict(fields_sent(applications.content_of(reading, row), agreed, agreed)), nothing
    )


def _nothing_around() -> dict[str, Any]:
    empty = ("history", "deadlines", "reviews", "handovers")
    return {**{name: [] for name in empty}, "agendas": ([], []), "sendable": {}}
