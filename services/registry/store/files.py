"""Files, their devices, and what the committee decided about them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, and_, col, not_, or_, select

from services.registry.domain.transfers import TransferState
from services.registry.errors import DeviceAlreadyIssued
from services.registry.models import DeviceRow, EnrolmentRow, GrantRow, TransferRow
from services.registry.store.conflicts import conflicted_files


def enrolment(session: Session, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow | None:
    """Find one file; `lock` keeps others from changing it until the transaction ends."""
    found = select(EnrolmentRow).where(col(EnrolmentRow.id) == enrolment_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def add(session: Session, row: EnrolmentRow) -> None:
    """Add a file."""
    session.add(row)
    session.flush()


def moment(session: Session) -> datetime:
    """Read the one clock of all processes; under the lock of a file it is later than each change before."""
    now: datetime = session.exec(select(func.clock_timestamp())).one()
    return now


def enrolments(session: Session, zone_id: str, subject: str, limit: int) -> Sequence[EnrolmentRow]:
    """List the newest files of a zone; none in which `subject` has a conflict of interest."""
    found = select(EnrolmentRow).where(
        col(EnrolmentRow.managing_zone_id) == zone_id, col(EnrolmentRow.id).not_in(conflicted_files(subject))
    )
    return session.exec(found.order_by(col(EnrolmentRow.created_at).desc()).limit(limit)).all()


def is_offered(session: Session, enrolment_id: UUID, zone_id: str) -> bool:
    """Check whether a file is offered to a zone that has not answered yet."""
    found = select(TransferRow.id).where(
        col(TransferRow.enrolment_id) == enrolment_id,
        col(TransferRow.to_zone_id) == zone_id,
        col(TransferRow.state) == TransferState.OFFERED,
    )
    return session.exec(found).first() is not None


def enrolment_id_of(session: Session, device_id: UUID) -> UUID | None:
    """Find the file that a device belongs to; it never changes."""
    return session.exec(select(DeviceRow.enrolment_id).where(col(DeviceRow.id) == device_id)).one_or_none()


def devices(session: Session, enrolment_id: UUID) -> Sequence[DeviceRow]:
    """List all devices that a file ever had, in order of issue."""
    found = select(DeviceRow).where(col(DeviceRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(DeviceRow.issued_at))).all()


def add_device(session: Session, row: DeviceRow) -> None:
    """Add a device; raises `DeviceAlreadyIssued` naming what of it another device has."""
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        field = "button_serial" if "button" in str(error.orig) else "public_key"
        raise DeviceAlreadyIssued(f"{field}: this one was issued before", field=field) from None


def has_grant(session: Session, enrolment_id: UUID) -> bool:
    """Check whether a grant runs. It does until the committee wants it ended, not until a date."""
    found = select(GrantRow.application_id).where(
        col(GrantRow.enrolment_id) == enrolment_id,
        col(GrantRow.granted),
        col(GrantRow.to_end).is_(False),
    )
    return session.exec(found.limit(1)).first() is not None


def decisions(session: Session, enrolment_id: UUID) -> Sequence[GrantRow]:
    """List what the committee decided about a file, as it stands now."""
    found = select(GrantRow).where(col(GrantRow.enrolment_id) == enrolment_id)
    return session.exec(found.execution_options(populate_existing=True)).all()


def by_import(session: Session, imported_ref: str) -> EnrolmentRow | None:
    """Find the file that an imported line became."""
    return session.exec(
        select(EnrolmentRow).where(col(EnrolmentRow.imported_ref) == imported_ref)
    ).one_or_none()


def was_granted(session: Session, enrolment_id: UUID) -> bool:
    """Check whether the committee ever granted an alarm for this file."""
    found = select(GrantRow.application_id).where(
        col(GrantRow.enrolment_id) == enrolment_id, col(GrantRow.granted)
    )
    return session.exec(found.limit(1)).first() is not None


def put_decision(session: Session, row: GrantRow) -> None:
    """Record the newest decision on an application, whatever order they arrive in.

    What was granted once stays granted, and is to end when the committee no longer wants it.
    """
    statement = insert(GrantRow).values(**row.model_dump())
    new = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["application_id"],
            set_={
                "granted": or_(col(GrantRow.granted), new.granted),
                "to_end": or_(new.to_end, and_(col(GrantRow.granted), not_(new.granted))),
                "number": new.number,
                "decided_at": new.decided_at,
                "ends_on": new.ends_on,
            },
            where=or_(
                col(GrantRow.number) < new.number,
                and_(col(GrantRow.number) == new.number, col(GrantRow.decided_at) <= new.decided_at),
            ),
        )
    )


def to_end(session: Session, enrolment_id: UUID) -> bool:
    """Check whether the committee wants the alarm ended: no grant runs on, and one was taken back."""
    return is_to_end(decisions(session, enrolment_id))


def is_to_end(decided: Sequence[GrantRow]) -> bool:
    """Check the same of decisions that were read already."""
    granted = [row for row in decided if row.granted]
    return bool(granted) and all(row.to_end for row in granted)
