"""The intervention card, how complete it is, and what must be looked at."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from chassis.database import damaged_rows
from services.registry.api.parts import FileManager, Parts, Reader, shown, wrote
from services.registry.schemas.card import CardIn, CardOut, CompletenessOut
from services.registry.schemas.file import ReminderOut
from services.registry.usecases import cards as usecases
from services.registry.usecases import reminders
from services.registry.usecases.work import Work


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about cards."""

    @app.put("/v1/enrolments/{enrolment_id}/card", tags=["card"])
    def put_card(enrolment_id: UUID, body: CardIn, caller: FileManager) -> CardOut:
        """Record the next version of the card; dispatch gets it at once."""
        key = parts.settings.pseudonym_key.get_secret_value().encode()
        with parts.work(caller) as work:
            usecases.put(work, key, enrolment_id, body.model_dump(mode="json"))
            wrote(work, enrolment_id, "card", "cancel_code", "duress_code")
        return get_card(enrolment_id, caller)

    @app.get("/v1/enrolments/{enrolment_id}/card", tags=["card"])
    def get_card(enrolment_id: UUID, caller: Reader) -> CardOut:
        """The card as it stands, without the codes."""
        with parts.work(caller) as work:
            return as_shown(work, enrolment_id)

    @app.get("/v1/enrolments/{enrolment_id}/completeness", tags=["card"])
    def completeness(enrolment_id: UUID, caller: FileManager) -> CompletenessOut:
        """What a patrol would miss tonight: fields that are missing, and what nobody verified lately."""
        with parts.work(caller) as work:
            return CompletenessOut(**asdict(usecases.completeness(work, enrolment_id)))

    @app.get("/v1/reminders", tags=["reminders"])
    def listed(caller: FileManager, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[ReminderOut]:
        """What the caller's zone must look at now, the loudest first."""
        with parts.work(caller) as work:
            rows = reminders.of_zone(work, limit)
            return [damaged_rows.shown(ReminderOut, dict(row), "reminder", row.id) for row in rows]

    @app.post("/v1/reminders/{reminder_id}/settle", tags=["reminders"])
    def settle(reminder_id: UUID, caller: FileManager) -> ReminderOut:
        """Say that it was looked at; what a card still says of it comes back with its next version."""
        with parts.work(caller) as work:
            row = reminders.settle(work, reminder_id)
            wrote(work, row.enrolment_id, "reminder")
            return ReminderOut.model_validate(row, from_attributes=True)


def as_shown(work: Work, enrolment_id: UUID) -> CardOut:
    """The card as the caller may see it, without the codes; logged. Raises `CardUnknown`."""
    row, card = usecases.read(work, enrolment_id)
    whole = CardOut(version=row.card_version, edition=usecases.edition(work, row), card=card)
    return shown(work, enrolment_id, whole)
