"""SQL of the registry. A file's row is locked first, so that its changes happen one after another."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, and_, col, not_, or_, select

from services.registry.models import DeviceRow, EnrolmentRow, GrantRow


def enrolment(session: Session, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow | None:
    """One file; `lock` keeps others from changing it until the transaction ends."""
    found = select(EnrolmentRow).where(col(EnrolmentRow.id) == enrolment_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def enrolments(session: Session, zone_id: str, limit: int) -> Sequence[EnrolmentRow]:
    """The newest files of a zone."""
    found = select(EnrolmentRow).where(col(EnrolmentRow.managing_zone_id) == zone_id)
    return session.exec(found.order_by(col(EnrolmentRow.created_at).desc()).limit(limit)).all()


def enrolment_id_of(session: Session, device_id: UUID) -> UUID | None:
    """The file that a device belongs to; it never changes."""
    return session.exec(select(DeviceRow.enrolment_id).where(col(DeviceRow.id) == device_id)).one_or_none()


def devices(session: Session, enrolment_id: UUID) -> Sequence[DeviceRow]:
    """All devices that a file ever had, in order of issue."""
    found = select(DeviceRow).where(col(DeviceRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(DeviceRow.issued_at))).all()


def has_grant(session: Session, enrolment_id: UUID, today: date) -> bool:
    """Whether a grant of the committee runs today; a provisional one runs until the committee decides."""
    found = select(GrantRow.application_id).where(
        col(GrantRow.enrolment_id) == enrolment_id,
        col(GrantRow.granted),
        col(GrantRow.to_end).is_(False),
        or_(col(GrantRow.ends_on).is_(None), col(GrantRow.ends_on) >= today),
    )
    return session.exec(found.limit(1)).first() is not None


def put_decision(session: Session, row: GrantRow) -> None:
    """Keep the newest decision on an application, whatever order they arrive in.

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
                "decided_at": new.decided_at,
                "ends_on": new.ends_on,
            },
            where=col(GrantRow.decided_at) <= new.decided_at,
        )
    )


def to_end(session: Session, enrolment_id: UUID) -> bool:
    """Whether the committee wants the alarm ended: no grant runs on, and one was taken back."""
    decided = session.exec(select(GrantRow).where(col(GrantRow.enrolment_id) == enrolment_id)).all()
    granted = [row for row in decided if row.granted]
    return bool(granted) and all(row.to_end for row in granted)
