"""Applications: drafted in steps, submitted whole; opinions, ties, risk, history."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Response

from chassis.runtime import clock
from services.committee.api.dependencies import (
    Member,
    Officer,
    OpinionGiver,
    Parts,
    Proposer,
    Reader,
    TieKeeper,
)
from services.committee.domain.application import State
from services.committee.presenters import shown
from services.committee.schemas.case import (
    ApplicationIn,
    ApplicationOut,
    ApplicationSummary,
    AssessmentWhole,
    ConflictIn,
    ConflictOut,
    ConflictWithdrawalIn,
    DeadlineOut,
    OpinionIn,
    OpinionOut,
)
from services.committee.schemas.common import ReasonsIn
from services.committee.schemas.meeting import ReviewOut
from services.committee.schemas.protocol import HistoryOut
from services.committee.store import cases as store
from services.committee.store import due
from services.committee.usecases import applications, conflicts_of_interest, meetings
from services.committee.usecases.access_scope import scope_of

Limit = Annotated[int, Query(ge=1, le=500)]


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about applications."""
    _write(app, parts)
    _add_to(app, parts)
    _read(app, parts)
    _board(app, parts)


def _write(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/applications", status_code=201, tags=["applications"])
    def draft(body: ApplicationIn, response: Response, caller: Proposer) -> ApplicationOut:
        """Start a draft; it may be incomplete."""
        with parts.work(caller) as work:
            filed = applications.draft(work, body.model_dump(exclude_unset=True))
            response.headers["Location"] = f"/v1/applications/{filed.row.id}"
            return shown.filed(work, filed, *body.model_fields_set)

    @app.patch("/v1/applications/{application_id}", tags=["applications"])
    def edit(application_id: UUID, body: ApplicationIn, caller: Proposer) -> ApplicationOut:
        """Change a draft; fields that are not sent stay as they are."""
        with parts.work(caller) as work:
            filed = applications.edit(work, application_id, body.model_dump(exclude_unset=True))
            return shown.filed(work, filed, *body.model_fields_set)

    @app.post("/v1/applications/{application_id}/submit", tags=["applications"])
    def submit(application_id: UUID, caller: Proposer) -> ApplicationOut:
        """Lay it before the committee; 422 names everything that is missing at once."""
        with parts.work(caller) as work:
            return shown.filed(work, applications.submit(work, application_id), "state")

    @app.post("/v1/applications/{application_id}/withdraw", tags=["applications"])
    def withdraw(application_id: UUID, body: ReasonsIn, caller: Proposer) -> ApplicationOut:
        """Take it back before anything was decided."""
        with parts.work(caller) as work:
            return shown.filed(work, applications.withdraw(work, application_id, body.reasons), "state")


def _add_to(app: FastAPI, parts: Parts) -> None:
    @app.put("/v1/applications/{application_id}/assessment", tags=["applications"])
    def assess(application_id: UUID, body: AssessmentWhole, caller: Officer) -> ApplicationOut:
        """A new risk assessment; any officer may raise the level, the committee lowers it, in a meeting."""
        with parts.work(caller) as work:
            said = body.model_dump(exclude={"meeting_id"})
            sits = body.meeting_id is not None and meetings.sits(work, body.meeting_id, application_id)
            filed = applications.assess(work, application_id, said, committee=sits)
            return shown.filed(work, filed, "assessment")

    @app.put("/v1/applications/{application_id}/opinion", tags=["opinions"])
    def give_opinion(application_id: UUID, body: OpinionIn, caller: OpinionGiver) -> list[OpinionOut]:
        """What the caller's partner thinks, and what of it the others read."""
        with parts.work(caller) as work:
            applications.give_opinion(work, application_id, body.model_dump())
            work.session.flush()
            shown.wrote(work, application_id, ("opinion",))
            return shown.opinions(work, work.visible(application_id))

    @app.get("/v1/applications/{application_id}/opinions", tags=["opinions"])
    def opinions(application_id: UUID, caller: OpinionGiver) -> list[OpinionOut]:
        """What the partners think; nothing that another one keeps back. Victim support reads its own alone."""
        with parts.reading(caller) as reading:
            return shown.opinions(reading, reading.visible(application_id))

    @app.post("/v1/applications/{application_id}/conflicts", status_code=204, tags=["applications"])
    def declare_conflict(application_id: UUID, body: ConflictIn, caller: Member) -> None:
        """Somebody has a tie to a party: the case no longer exists for them, whatever their role."""
        with parts.work(caller) as work:
            subject = body.subject or caller.subject
            conflicts_of_interest.declare(work, application_id, subject, body.reason)
            shown.wrote(work, application_id, ("conflict",))

    @app.post("/v1/applications/{application_id}/conflicts/withdraw", status_code=204, tags=["applications"])
    def withdraw_conflict(application_id: UUID, body: ConflictWithdrawalIn, caller: TieKeeper) -> None:
        """What was said of somebody was wrong: the case exists for them again, unless it is said elsewhere."""
        with parts.work(caller) as work:
            conflicts_of_interest.withdraw(work, application_id, body.subject, body.reason)
            shown.wrote(work, application_id, ("conflict",))

    @app.get("/v1/applications/{application_id}/conflicts", tags=["applications"])
    def conflicts(application_id: UUID, caller: TieKeeper) -> list[ConflictOut]:
        """Whose ties were declared in a case, by whom and why; withdrawn ones too."""
        with parts.reading(caller) as reading:
            found = conflicts_of_interest.of_case(reading, application_id)
            shown.read(reading, shown.about(application_id), "conflict")
            return [shown.conflict(*each) for each in found]


def _read(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/applications/{application_id}", tags=["applications"])
    def read(application_id: UUID, caller: Reader) -> ApplicationOut:
        """One application; another partner's does not exist for the caller."""
        with parts.reading(caller) as reading:
            return shown.filed(reading, applications.read(reading, application_id))

    @app.get("/v1/applications/{application_id}/history", tags=["applications"])
    def history(application_id: UUID, caller: Member) -> list[HistoryOut]:
        """What happened, in order."""
        with parts.reading(caller) as reading:
            row = reading.visible(application_id)
            shown.read(reading, shown.about(row.id), "history")
            return shown.history(reading, store.history(reading.session, [row.id]))

    @app.get("/v1/applications", tags=["applications"])
    def listed(caller: Reader, state: State | None = None, limit: Limit = 100) -> list[ApplicationSummary]:
        """The newest applications that the caller may see."""
        with parts.database.read() as session:
            rows = store.applications(session, scope_of(session, caller), state=state, limit=limit)
        return [shown.row(ApplicationSummary, each) for each in rows]


def _board(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/board", tags=["board"])
    def board(caller: Member, limit: Limit = 100) -> list[DeadlineOut]:
        """What is to be done, the loudest and the nearest first."""
        with parts.database.read() as session:
            rows = due.board(session, scope_of(session, caller), limit=limit)
        return [shown.row(DeadlineOut, each) for each in rows]

    @app.get("/v1/applications/{application_id}/deadlines", tags=["board"])
    def deadlines(application_id: UUID, caller: Member) -> list[DeadlineOut]:
        """All deadlines of one case."""
        with parts.reading(caller) as reading:
            rows = due.deadlines_of(reading.session, reading.visible(application_id).id)
        return [shown.row(DeadlineOut, each) for each in rows]

    @app.get("/v1/reviews", tags=["reviews"])
    def reviews(
        caller: Member, due_only: Annotated[bool, Query(alias="due")] = False, limit: Limit = 100
    ) -> list[ReviewOut]:
        """Reviews that nobody held, in order of urgency; `due=true`: only those whose moment came."""
        before = clock.now() if due_only else None
        with parts.database.read() as session:
            rows = due.reviews(session, scope_of(session, caller), before=before, limit=limit)
        return [shown.row(ReviewOut, each) for each in rows]
