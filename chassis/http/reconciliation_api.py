"""The records of a service over HTTP, for reporting alone: how many, which digest, which ids, is it here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from chassis.database.reconciliation import Records
from chassis.errors import Invalid, NotFound, Retryable
from chassis.http.limits import MOST_BYTES, bodies
from chassis.security import audit_context
from chassis.security.audit_trail import unlogged
from chassis.security.auth import require
from chassis.security.principal import Principal
from contracts.reconciliation import FIRST, MOST_PARTS, Entry, Ids, Part, Section
from contracts.values import Moment

# What reporting asks for at most is a local day, of 25 hours once a year.
_LONGEST = timedelta(hours=26)
# Whether an id is held is asked all the time while something is missing.
_LOGGED_EVERY_S = 3600.0


class RecordsBusy(Retryable):
    """One question at a time: the database has more urgent work."""


def add(app: FastAPI, records: Callable[[], Records]) -> None:
    """Add the endpoints for the three questions."""
    asked = threading.Lock()
    reporting: Principal = require("service", partner="reporting")

    @contextmanager
    def opened(section: Section | None = None) -> Iterator[Records]:
        found = records()
        if section is not None and section not in found.sections:
            raise NotFound("this service keeps no such section", field="section")
        if not asked.acquire(blocking=False):
            raise RecordsBusy("another question is being answered")
        try:
            yield found
        finally:
            asked.release()

    @app.get("/v1/records", tags=["reconciliation"])
    @unlogged
    def digests(
        since: Moment,
        until: Moment,
        parts: Annotated[int, Query(ge=1, le=MOST_PARTS)] = 1,
        _: Principal = reporting,
    ) -> list[Part]:
        """Count what is held of a period, in equal parts, and give the digest of the ids in each."""
        _check(since, until)
        with opened() as found:
            return found.digests(since, until, parts)

    @app.get("/v1/records/{section}", tags=["reconciliation"])
    @unlogged
    def entries(
        section: Section,
        since: Moment,
        until: Moment,
        after: UUID = FIRST,
        _: Principal = reporting,
    ) -> list[Entry]:
        """List the entries of a period by id, a page at a time; empty when there are none after `after`."""
        _check(since, until)
        with opened(section) as found:
            return found.entries(section, since, until, after)

    @app.post("/v1/records/{section}/held", tags=["reconciliation"])
    @bodies(MOST_BYTES)
    def held(section: Section, body: Ids, _: Principal = reporting) -> Ids:
        """Find which of these ids are held, whenever they were received."""
        audit_context.seldom(_LOGGED_EVERY_S)
        with opened(section) as found:
            return Ids(ids=sorted(found.held(section, body.ids)))


def _check(since: Moment, until: Moment) -> None:
    if not timedelta() < until - since <= _LONGEST:
        raise Invalid("must be after `since`, by 26 hours at most", field="until")
