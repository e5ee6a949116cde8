"""Pages of one case: a draft, or all from application to decision and what the caller can do now."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.committee.domain.application import ELEMENTS, LEVELS, MOVES, State
from services.committee.domain.deadlines import DeadlineState
from services.committee.domain.review import TO_HOLD
from services.committee.domain.roles import (
    COMMITTEE,
    CONFLICT_KEEPERS,
    OFFICERS,
    OPINION_GIVERS,
    PROPOSERS,
    READERS,
)
from services.committee.models import ApplicationRow
from services.committee.pages.context import Page, PageRequest, conditions_of, is_member
from services.committee.presenters.applications import disclose_application, disclose_opinions
from services.committee.presenters.conflicts_of_interest import disclose_conflicts
from services.committee.presenters.handovers import disclose_handovers
from services.committee.presenters.history import disclose_history
from services.committee.presenters.partner_names import name_partner
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.opinion import ConflictOut, OpinionOut
from services.committee.usecases import (
    applications,
    chain,
    conflicts_of_interest,
    deadlines,
    history,
    members,
    opinions,
    protocols,
    reviews,
)
from services.committee.usecases.agendas import Agendas
from services.committee.usecases.unit_of_work import CaseReading

router = APIRouter(include_in_schema=False)


@router.get("/desk/applications/new")
def new(page: Page) -> Response:
    """Show an empty application."""
    caller = page.reader(*PROPOSERS)
    with page.unit_of_reading(caller) as reading:
        choices = _choices(page, reading, None)
    empty: dict[str, object] = {"case": None, "conditions": [], "elements": ELEMENTS, "levels": LEVELS}
    return page.show("draft.html", caller, **empty, **choices)


@router.get("/desk/applications/{application_id}")
def case(page: Page, application_id: UUID) -> Response:
    """Show one case: a draft to write on, or all that happened and is to be done."""
    caller = page.reader(*READERS)
    with page.unit_of_reading(caller) as reading:
        row = reading.find_case(application_id)
        filed = disclose_application(reading, applications.describe_application(reading, row))
        protocol = protocols.find_for_case(reading, row)
        what: dict[str, object] = {"case": filed, **conditions_of(protocol), "elements": ELEMENTS}
        if row.state == State.DRAFT and caller.roles & set(PROPOSERS):
            what |= _choices(page, reading, row.proposer)
            return page.show("draft.html", caller, **what, levels=LEVELS)
        what |= _around(reading, row) if is_member(caller) else _nothing_around()
        what |= _conflicts(reading, row)
        what["opinions"] = _opinions(reading, row) if caller.roles & set(OPINION_GIVERS) else None
    what |= {"protocol": protocol, "levels": _raised(filed) if caller.roles & set(OFFICERS) else ()}
    moves = {move for state, move in MOVES if state == row.state}
    return page.show("case.html", caller, moves=moves, **what)


def _choices(page: PageRequest, reading: CaseReading, present: str | None) -> dict[str, object]:
    """Say what a draft can be under, and by whom proposed: who is no member proposes for their own partner."""
    found, caller = protocols.list_in_force(reading), reading.caller
    proposers = dict[str, str]()
    if caller.roles & COMMITTEE:
        contents = [row.readable_content for row in found]
        entries = [(each["id"], content) for content in contents for each in content["partners"]]
        own = [(code, None) for code in (present, caller.partner) if code]
        for code, content in [*entries, *own]:
            proposers.setdefault(code, name_partner(code, page.language, content))
    return {"protocols": found, "proposers": proposers}


def _raised(case: ApplicationOut) -> tuple[str, ...]:
    """Return the levels that any officer may set: as it is, or higher."""
    level = case.assessment.level
    return LEVELS[LEVELS.index(level) :] if level else LEVELS


def _around(reading: CaseReading, row: ApplicationRow) -> dict[str, object]:
    """Say what members see of a case besides the application: logged, as over the API."""
    agendas = Agendas.read(reading)
    waiting = [each for each in reviews.list_of_case(reading, row) if each.state in TO_HOLD]
    return {
        "history": disclose_history(reading, row.id, history.list_of_case(reading, row.id)),
        "deadlines": [d for d in deadlines.list_of_case(reading, row.id) if d.state == DeadlineState.OPEN],
        "agendas": agendas.of(row, None),
        "reviews": [(each, *agendas.of(row, each.id)) for each in waiting],
        "handovers": disclose_handovers(reading, chain.list_handovers(reading, row.id)),
        "sendable": chain.choose_sendable(reading, row),
    }


def _conflicts(reading: CaseReading, row: ApplicationRow) -> dict[str, object]:
    """Say who declared a conflict, to those who may withdraw it, and if the reader may declare another's."""
    found: list[ConflictOut] = []
    if reading.caller.roles & set(CONFLICT_KEEPERS):
        found = disclose_conflicts(reading, row.id, conflicts_of_interest.list_of_case(reading, row.id))
    may = conflicts_of_interest.may_be_said(reading, row)
    known = members.list_accounts(reading, row.protocol_id) if may and row.protocol_id else ()
    return {"conflicts": found, "may_declare_conflict": may, "accounts": known}


def _opinions(reading: CaseReading, row: ApplicationRow) -> list[OpinionOut]:
    return disclose_opinions(reading, row, opinions.list_of_case(reading, row))


def _nothing_around() -> dict[str, object]:
    empty = ("history", "deadlines", "reviews", "handovers")
    return {**{name: [] for name in empty}, "agendas": ([], []), "sendable": {}}
