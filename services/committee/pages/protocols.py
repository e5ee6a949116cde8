"""Pages of protocols: what each says, where each version is on its way, and the step of whoever reads."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from chassis.errors import Forbidden
from chassis.runtime import clock
from services.committee.domain.chain import PARTNER, SHAREABLE
from services.committee.domain.presence import NamedMember
from services.committee.domain.protocol import TABLE, UNDER_WAY, ProtocolContent, VersionState, readable
from services.committee.domain.roles import DRAFTERS, PROTOCOL_KEEPERS, PROTOCOL_READERS
from services.committee.models import ProtocolRow
from services.committee.pages.context import Page, PageRequest, is_member
from services.committee.presenters.history import present_protocol_history
from services.committee.schemas.common import SLUG
from services.committee.schemas.protocol import DelaysIn
from services.committee.usecases import history, protocols
from services.committee.usecases.unit_of_work import CaseReading

router = APIRouter(include_in_schema=False)

# What a form for a protocol that nobody wrote yet starts from.
_EMPTY: ProtocolContent = {
    "name": "",
    "district": "",
    "purpose": "",
    "modalities": "",
    "zones": [],
    "conditions": [],
    "proposers": [],
    "language": "nl",
    "partners": [{"id": each, "role": "", "member": True} for each in ("police", "parket")],
    "procedures": ["ordinary", "urgent"],
    "quorum": ["police", "parket"],
    "delays": readable({})["delays"],
    "shared_fields": {},
}


@router.get("/desk/protocols")
def listed(page: Page) -> Response:
    """Show every protocol, with its versions that bind or are on their way."""
    caller = page.reader(*PROTOCOL_READERS)
    found: dict[UUID, list[ProtocolRow]] = {}
    with page.unit_of_reading(caller) as reading:
        for row in protocols.list_all(reading):
            found.setdefault(row.id, []).append(row)
    return page.show("protocols.html", caller, protocols=list(found.values()))


@router.get("/desk/protocols/new")
def new(page: Page) -> Response:
    """Show an empty protocol."""
    return _form(page, uuid4(), _EMPTY, 1)


@router.get("/desk/protocols/{protocol_id}/draft")
def draft(page: Page, protocol_id: UUID) -> Response:
    """Show the next version, from what the one before says; or the one that is being drafted."""
    caller = page.reader(*DRAFTERS)
    with page.unit_of_reading(caller) as reading:
        protocols.refuse_unknown(reading.session, protocol_id)
        newest = protocols.list_versions(reading, protocol_id)[0]
        members = _sitting(reading, newest) or ()
    if newest.state in UNDER_WAY and (newest.state, "edit") not in TABLE:
        return RedirectResponse(f"/desk/protocols/{protocol_id}", 303)
    number = newest.version if newest.state in UNDER_WAY else newest.version + 1
    return _form(page, protocol_id, newest.readable_content, number, members)


@router.get("/desk/protocols/{protocol_id}")
def one(page: Page, protocol_id: UUID, version: int | None = None) -> Response:
    """Show one version as people read it, what became of the others, and what the reader can do now."""
    caller = page.reader(*PROTOCOL_READERS)
    with page.unit_of_reading(caller) as reading:
        happened = present_protocol_history(reading, history.list_of_protocol(reading, protocol_id))
        versions = protocols.list_versions(reading, protocol_id)
        chosen = [row for row in versions if row.version == version]
        row = (chosen or versions)[0]
        changed = protocols.list_changes(reading, row)
        own = reading.scope.protocols if is_member(caller) else frozenset[UUID]()
        sitting = _sitting(reading, row)
    sent_back = [each for each in happened if each.what == f"version {row.version} sent_back"]
    return page.show(
        "protocol.html",
        caller,
        row=row,
        content=_readable(row.readable_content),
        versions=versions,
        history=happened,
        remarks=sent_back[-1].details.get("remarks")
        if row.state == VersionState.SENT_BACK and sent_back
        else None,
        changed=changed,
        moves={move for state, move in TABLE if state == row.state},
        new=versions[0].state not in UNDER_WAY,
        today=clock.today(),
        own=row.id in own,
        sitting=sitting,
    )


def _form(
    page: PageRequest,
    protocol_id: UUID,
    content: ProtocolContent,
    version: int,
    members: Sequence[NamedMember] = (),
) -> Response:
    return page.show(
        "protocol_draft.html",
        page.reader(*DRAFTERS),
        id=protocol_id,
        version=version,
        content=_readable(content),
        members=members,
        chain=PARTNER,
        shareable=SHAREABLE,
        slug=SLUG.removeprefix("^").removesuffix("$"),
    )


def _sitting(reading: CaseReading, row: ProtocolRow) -> list[NamedMember] | None:
    """Say who stands in a version; None for a reader whom that does not concern."""
    if reading.caller.roles.isdisjoint(PROTOCOL_KEEPERS):
        return None
    try:
        return protocols.list_members(reading, row.id, row.version)
    except Forbidden:
        return None


def _readable(content: ProtocolContent) -> Mapping[str, object]:
    """Put the delays in the order in which a case meets them."""
    delays: Mapping[str, object] = content["delays"]
    return {**content, "delays": {name: delays[name] for name in DelaysIn.model_fields}}
