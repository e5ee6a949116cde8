"""What an application says, encrypted but for ids: read, changed, written, and what binds it."""

from dataclasses import asdict, replace

from chassis.errors import Forbidden
from services.committee.domain.application import Assessment, Checked, Content, DraftChanges, State
from services.committee.domain.protocol import Rules
from services.committee.domain.roles import COMMITTEE
from services.committee.models import ApplicationRow
from services.committee.store import encrypted_columns
from services.committee.store import protocols as protocol_store
from services.committee.usecases import protocols
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def state_of(row: ApplicationRow) -> State:
    """Return the state, as the table of moves knows it."""
    return State(row.state)


def rules_for(reading: CaseReading, row: ApplicationRow) -> Rules | None:
    """Say what binds an application: the version in force while it is a draft, then its frozen one."""
    if row.state != State.DRAFT:
        return protocols.rules_of(reading.session, row.protocol_id, row.protocol_version)
    if row.protocol_id is None:
        return None
    present = protocol_store.in_force(reading.session, row.protocol_id)
    return protocols.read_rules(present) if present else None


def content_of(reading: CaseReading, row: ApplicationRow) -> Content:
    """Read what an application says."""
    content = reading.decrypt(encrypted_columns.application(row.id), row.encrypted)
    return Content(
        enrolment_id=row.enrolment_id,
        protocol_id=row.protocol_id,
        procedure=row.procedure,
        proposer=row.proposer,
        language=row.language,
        exceptional=content.get("exceptional", ""),
        urgency=content.get("urgency", ""),
        pv_numbers=tuple(content["pv_numbers"]),
        elements=content["elements"],
        conditions={name: Checked(**each) for name, each in content.get("conditions", {}).items()},
        assessment=Assessment(**content.get("assessment", {})),
        levels=content.get("levels", {}),
    )


def content_outside(row: ApplicationRow) -> Content:
    """Return what stands beside what is encrypted."""
    return Content(
        enrolment_id=row.enrolment_id,
        protocol_id=row.protocol_id,
        procedure=row.procedure,
        proposer=row.proposer,
        language=row.language,
    )


def record_content(uow: CaseUnitOfWork, row: ApplicationRow, content: Content) -> None:
    """Write what an application says; all but ids is encrypted."""
    row.enrolment_id, row.protocol_id = content.enrolment_id, content.protocol_id
    row.procedure, row.proposer, row.language = content.procedure, content.proposer, content.language
    open_to_all = ("enrolment_id", "protocol_id", "procedure", "proposer", "language")
    values = {name: value for name, value in asdict(content).items() if name not in open_to_all}
    row.encrypted = uow.encrypt(encrypted_columns.application(row.id), values)


def apply_changes(uow: CaseUnitOfWork, content: Content, changes: DraftChanges) -> Content:
    """Return the content with what `changes` names; raises `Forbidden` for another partner's."""
    roles, partner = uow.caller.roles, uow.caller.partner
    if not roles & COMMITTEE and changes.get("proposer", partner) != partner:
        raise Forbidden("only the committee may enter an application of another partner", field="proposer")
    grounds = {**content.elements, **changes.get("elements", {})}
    conditions = dict(content.conditions)
    for name, each in changes.get("conditions", {}).items():
        if each is None:
            conditions.pop(name, None)
        else:
            conditions[name] = Checked(each["met"], each.get("grounds", ""))
    return replace(
        content,
        enrolment_id=changes.get("enrolment_id", content.enrolment_id),
        protocol_id=changes.get("protocol_id", content.protocol_id),
        procedure=changes.get("procedure", content.procedure),
        proposer=changes.get("proposer", content.proposer),
        language=changes.get("language") or content.language,
        exceptional=changes.get("exceptional", content.exceptional) or "",
        urgency=changes.get("urgency", content.urgency) or "",
        pv_numbers=changes.get("pv_numbers", content.pv_numbers) or (),
        elements={name: text for name, text in grounds.items() if text},
        conditions=conditions,
        assessment=replace(content.assessment, **changes.get("assessment", {})),
    )
