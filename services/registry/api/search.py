"""Search in the files of the caller's zone."""

from typing import Annotated

from fastapi import FastAPI, Query

from chassis.database import damaged_rows
from services.registry.api.parts import FileManager, Parts, shown
from services.registry.schemas.file import HitOut, SearchIn
from services.registry.usecases import search as usecases


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoint that searches. A POST: what is looked for is personal, and an address is written down."""

    @app.post("/v1/search", tags=["search"])
    def search(
        body: SearchIn, caller: FileManager, limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> list[HitOut]:
        """Files by a name, a telephone number or a licence plate, also misspelt; the likest first."""
        key = parts.settings.pseudonym_key.get_secret_value().encode()
        with parts.work(caller) as work:
            hits = usecases.search(work, key, body.text, limit)
            found = [
                damaged_rows.shown(
                    HitOut,
                    {
                        "enrolment_id": hit.row.id,
                        "status": hit.row.status,
                        "victim": hit.victim,
                        "likeness": hit.likeness,
                        "found_by": hit.kinds,
                    },
                    "file",
                    hit.row.id,
                )
                for hit in hits
            ]
            return [shown(work, each.enrolment_id, each) for each in found]
