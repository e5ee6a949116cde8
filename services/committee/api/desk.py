"""The committee's pages: what is due, one case on one page, a meeting that sits. Changes go over the API."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from chassis import clock
from chassis.caller import Caller
from chassis.pages import Pages
from services.committee.api import shown
from services.committee.api.parts import MEMBERS, PROPOSERS, READERS, Parts
from services.committee.domain.application import ELEMENTS, LEVELS, MOVES, State
from services.committee.models import ApplicationRow, ProtocolRow
from services.committee.store import cases, due
from services.committee.store import meetings as meeting_store
from services.committee.store import protocols as protocol_store
from services.committee.usecases import applications, meetings
from services.committee.usecases.work import Reading, own_cases
from services.committee.web.words import WORDS

_WEB = Path(__file__).parents[1] / "web"
_LINES = 100
# Before a deadline, from when it stands out.
_SOON = timedelta(hours=48)


def add(app: FastAPI, parts: Parts) -> None:
    """The pages under /desk."""
    pages = Pages(app, "/desk", _WEB, WORDS)
    _board(app, parts, pages)
    _cases(app, parts, pages)
    _meetings(app, parts, pages)


def _common(pages: Pages, request: Request, caller: Caller) -> dict[str, Any]:
    """What every page needs: where one can go, and as whom."""
    words = WORDS[pages.language(request)]
    member = bool(caller.roles & set(MEMBERS))
    nav = [("/desk", words["board"]), ("/desk/applications", words["applications"])]
    nav += [("/desk/meetings", words["meetings"])] if member else []
    nav += [("/desk/applications/new", words["new_application"])] if caller.roles & set(PROPOSERS) else []
    return {
        "nav": nav,
        "roles": caller.roles,
        "member": member,
    }


def _board(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk", include_in_schema=False)
    def board(request: Request) -> Response:
        """What is due, the loudest first."""
        caller = pages.reader(request, *READERS)
        if not caller.roles & set(MEMBERS):
            return RedirectResponse("/desk/applications", 303)
        now = clock.now()
        with parts.database.read() as session:
            rows = due.board(session, subject=caller.subject, limit=_LINES)
            coming = meeting_store.meetings(session, since=now, limit=5)
        urgency = [(row, _urgency(row.due_at, now)) for row in rows]
        common = _common(pages, request, caller)
        return pages.show(request, "board.html", caller, deadlines=urgency, coming=coming, **common)

    @app.get("/desk/applications", include_in_schema=False)
    def listed(request: Request, state: State | None = None) -> Response:
        """The newest cases that the caller may see."""
        caller = pages.reader(request, *READERS)
        outside = "procureur_general" in caller.roles
        with parts.database.read() as session:
            rows = cases.applications(
                session,
                subject=caller.subject,
                own=None if outside else own_cases(caller),
                outside_protocols=outside,
                state=state,
                limit=_LINES,
            )
        common = _common(pages, request, caller)
        return pages.show(request, "applications.html", caller, rows=rows, state=state, **common)


def _urgency(due_at: datetime, now: datetime) -> str:
    if due_at < now:
        return "late"
    return "soon" if due_at - now < _SOON else ""


def _cases(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk/applications/new", include_in_schema=False)
    def new(request: Request) -> Response:
        """An empty application."""
        caller = pages.reader(request, *PROPOSERS)
        with parts.database.read() as session:
            protocols = protocol_store.all_in_force(session)
        what: dict[str, Any] = {
            "case": None,
            "protocols": protocols,
            "conditions": [],
            "elements": ELEMENTS,
            "levels": LEVELS,
        }
        return pages.show(request, "draft.html", caller, **what, **_common(pages, request, caller))

    @app.get("/desk/applications/{application_id}", include_in_schema=False)
    def case(request: Request, application_id: UUID) -> Response:
        """One case from application to decision, with its timeline and what the caller can do now."""
        caller = pages.reader(request, *READERS)
        common = _common(pages, request, caller)
        with parts.reading(caller) as reading:
            row = reading.visible(application_id)
            filed = shown.filed(reading, applications.filed(reading, row))
            protocol = _protocol(reading, row)
            if row.state == "draft" and caller.roles & set(PROPOSERS):
                what: dict[str, Any] = {
                    "case": filed,
                    "protocols": protocol_store.all_in_force(reading.session),
                    "conditions": protocol.content["conditions"] if protocol else [],
                    "elements": ELEMENTS,
                    "levels": LEVELS,
                }
                return pages.show(request, "draft.html", caller, **what, **common)
            what = _around(reading, row) if common["member"] else _nothing_around()
        what |= {"case": filed, "protocol": protocol, "elements": ELEMENTS, "levels": LEVELS}
        conditions = protocol.content["conditions"] if protocol else []
        what["condition_texts"] = {each["id"]: each["text"] for each in conditions}
        what["happened"] = partial(_happened, WORDS[pages.language(request)])
        moves = {move for state, move in MOVES if state == row.state}
        return pages.show(request, "case.html", caller, moves=moves, **what, **common)


def _happened(words: Mapping[str, str], what: str) -> str:
    """A line of the timeline; some end with a name or an outcome."""
    known, _, more = what.partition(": ")
    if what.startswith("opinion of "):
        known, more = "opinion", what.removeprefix("opinion of ")
    text = words.get(f"event.{known.replace(' ', '_')}", known)
    return f"{text}: {more}" if more else text


def _around(reading: Reading, row: ApplicationRow) -> dict[str, Any]:
    """What members see of a case besides the application: logged, as over the API."""
    shown.read(reading, shown.about(row.id), "history")
    return {
        "history": shown.history(reading, cases.history(reading.session, [row.id])),
        "deadlines": [d for d in due.deadlines_of(reading.session, row.id) if d.state == "open"],
        "opinions": applications.opinions(reading, row),
        "reviews": due.reviews_of(reading.session, row.id),
        "agendas": meeting_store.open_meetings(reading.session),
    }


def _nothing_around() -> dict[str, Any]:
    return {"history": [], "deadlines": [], "opinions": [], "reviews": [], "agendas": []}


def _protocol(reading: Reading, row: ApplicationRow) -> ProtocolRow | None:
    if row.protocol_id is None:
        return None
    if row.protocol_version is None:
        return protocol_store.in_force(reading.session, row.protocol_id)
    return protocol_store.version(reading.session, row.protocol_id, row.protocol_version)


def _meetings(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk/meetings", include_in_schema=False)
    def listed(request: Request) -> Response:
        """The last meetings and the ones to come."""
        caller = pages.reader(request, *MEMBERS)
        with parts.database.read() as session:
            rows = meeting_store.meetings(session, since=None, limit=_LINES)
            protocols = protocol_store.all_in_force(session)
        common = _common(pages, request, caller)
        return pages.show(request, "meetings.html", caller, rows=rows, protocols=protocols, **common)

    @app.get("/desk/meetings/{meeting_id}", include_in_schema=False)
    def meeting(request: Request, meeting_id: UUID, point: int | None = None) -> Response:
        """A meeting while it sits: who is there, the quorum, the point in hand, the next."""
        caller = pages.reader(request, *MEMBERS)
        common = _common(pages, request, caller)
        with parts.reading(caller) as reading:
            seen = meetings.read(reading, meeting_id)
            whole = shown.meeting(seen)
            protocol = protocol_store.version(reading.session, seen.row.protocol_id, seen.row.protocol_version)
            waiting = [item for item in whole.agenda if item.state == "open"]
            chosen = next((item for item in whole.agenda if item.position == point), None)
            item = chosen or (waiting[0] if waiting else None)
            case = None
            if item is not None and item.application_id is not None:
                row = reading.visible(item.application_id)
                case = shown.filed(reading, applications.filed(reading, row))
            review = due.review(reading.session, item.review_id) if item and item.review_id else None
        partners = [each for each in protocol.content["partners"] if each["member"]] if protocol else []
        what: dict[str, Any] = {
            "meeting": whole,
            "item": item,
            "case": case,
            "review": review,
            "partners": partners,
        }
        what |= {"protocol": protocol, "quorum": protocol.content["quorum"] if protocol else []}
        return pages.show(request, "meeting.html", caller, **what, **common)
