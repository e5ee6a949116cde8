"""Pages of protocols: what each says, where each version is on its way, and the step of whoever reads."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from chassis.errors import Forbidden
from chassis.runtime import clock
from services.committee.api.dependencies import DRAFTERS, PROTOCOL_KEEPERS, PROTOCOL_READERS
from services.committee.domain.chain import PARTNER, SHAREABLE
from services.committee.domain.protocol import TABLE, UNDER_WAY
from services.committee.models import ProtocolRow
from services.committee.pages.desk_common import Desk, is_member
from services.committee.presenters import shown
from services.committee.schemas.common import SLUG
from services.committee.schemas.protocol import DelaysIn
from services.committee.store import cases
from services.committee.store import protocols as store
from services.committee.usecases import protocols as usecases
from services.committee.usecases.access_scope import Reading

# What a form for a protocol that nobody wrote yet starts from.
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(("name", "district", "purpose", "modalities"), ""),
    **dict.fromkeys(("zones", "conditions", "proposers"), ()),
    "language": "nl",
    "partners": [{"id": each, "role": "", "member": True} for each in ("police", "parket")],
    "procedures": ("ordinary", "urgent"),
    "quorum": ("police", "parket"),
    "delays": DelaysIn().model_dump(),
    "shared_fields": {},
}


def add(desk: Desk) -> None:
    """The list, one protocol, its draft."""
    _listed(desk)
    _drafts(desk)
    _one(desk)


def _listed(desk: Desk) -> None:
    @desk.app.get("/desk/protocols", include_in_schema=False)
    def listed(request: Request) -> Response:
        """Every protocol, with its versions that bind or are on their way."""
        caller = desk.pages.reader(request, *PROTOCOL_READERS)
        found: dict[UUID, list[ProtocolRow]] = {}
        with desk.parts.database.read() as session:
            for row in store.every(session):
                found.setdefault(row.id, []).append(row)
        return desk.show(request, "protocols.html", caller, protocols=list(found.values()))


def _drafts(desk: Desk) -> None:
    def form(
        request: Request,
        protocol_id: UUID,
        content: dict[str, Any],
        version: int,
        members: Sequence[Mapping[str, Any]] = (),
    ) -> Response:
        return desk.show(
            request,
            "protocol_draft.html",
            desk.pages.reader(request, *DRAFTERS),
            id=protocol_id,
            version=version,
            content=_readable(content),
            members=members,
            chain=PARTNER,
            shareable=SHAREABLE,
            slug=SLUG.removeprefix("^").removesuffix("$"),
        )

    @desk.app.get("/desk/protocols/new", include_in_schema=False)
    def new(request: Request) -> Response:
        """An empty protocol."""
        return form(request, uuid4(), _EMPTY, 1)

    @desk.app.get("/desk/protocols/{protocol_id}/draft", include_in_schema=False)
    def draft(request: Request, protocol_id: UUID) -> Response:
        """The next version, from what the one before says; or the one that is being drafted."""
        caller = desk.pages.reader(request, *DRAFTERS)
        with desk.parts.reading(caller) as reading:
            usecases.known(reading.session, protocol_id)
            newest = store.versions(reading.session, protocol_id)[0]
            members = _sitting(reading, newest) or ()
        if newest.state in UNDER_WAY and (newest.state, "edit") not in TABLE:
            return RedirectResponse(f"/desk/protocols/{protocol_id}", 303)
        number = newest.version if newest.state in UNDER_WAY else newest.version + 1
        return form(request, protocol_id, newest.said, number, members)


def _one(desk: Desk) -> None:
    @desk.app.get("/desk/protocols/{protocol_id}", include_in_schema=False)
    def one(request: Request, protocol_id: UUID, version: int | None = None) -> Response:
        """One version as people read it, what became of the others, and what the reader can do now."""
        caller = desk.pages.reader(request, *PROTOCOL_READERS)
        with desk.parts.reading(caller) as reading:
            usecases.known(reading.session, protocol_id)
            versions = store.versions(reading.session, protocol_id)
            chosen = [row for row in versions if row.version == version]
            row = (chosen or versions)[0]
            history = shown.history(reading, cases.history(reading.session, [protocol_id]))
            changed = _changed(reading.session, row)
            own = reading.scope.protocols if is_member(caller) else frozenset[UUID]()
            sitting = _sitting(reading, row)
        sent_back = [each for each in history if each.what == f"version {row.version} sent_back"]
        return desk.show(
            request,
            "protocol.html",
            caller,
            row=row,
            content=_readable(row.said),
            versions=versions,
            history=history,
            remarks=sent_back[-1].said.get("remarks") if row.state == "sent_back" and sent_back else None,
            changed=changed,
            moves={move for state, move in TABLE if state == row.state},
            new=versions[0].state not in UNDER_WAY,
            today=clock.today(),
            own=row.id in own,
            sitting=sitting,
        )


def _sitting(reading: Reading, row: ProtocolRow) -> list[dict[str, Any]] | None:
    """Who stands in a version; None for a reader whom that does not concern."""
    if reading.caller.roles.isdisjoint(PROTOCOL_KEEPERS):
        return None
    try:
        return usecases.members_of(reading, row.id, row.version)
    except Forbidden:
        return None


def _readable(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with the delays in the order in which a case meets them."""
    return {**content, "delays": {name: content["delays"][name] for name in DelaysIn.model_fields}}


def _changed(session: Session, row: ProtocolRow) -> set[str]:
    """What a version on its way says otherwise than the one in force."""
    before = store.in_force(session, row.id)
    if before is None or row.state not in UNDER_WAY:
        return set()
    return {name for name, value in row.said.items() if before.said.get(name) != value}
