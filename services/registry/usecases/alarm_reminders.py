"""What the state of an alarm calls for: its zone is told, louder each day, until it is done.

Looked at whenever that state may have changed, under the lock of the file. It depends on the state alone: news
that comes twice, late or out of order tells nobody anything wrong.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database.database import Session
from contracts.common import local_day, morning
from contracts.registry import ReminderKind
from services.registry.domain import lifecycle as domain
from services.registry.domain.lifecycle import DeviceStatus, EnrolmentStatus
from services.registry.models import EnrolmentRow, GrantRow
from services.registry.store import files as store
from services.registry.usecases import reminders
from services.registry.usecases.reminders import Reminder

KINDS: tuple[ReminderKind, ...] = ("activate", "unprotected", "granted", "to_end", "unknown")
# A grant may come before the file that it is for only while systems are being restored.
_UNKNOWN_AFTER = timedelta(hours=1)


def refresh_reminders(
    session: Session, enrolment_id: UUID, file: EnrolmentRow | None, *, at: datetime, by: str
) -> None:
    """Remind of what a file needs now (None: there is no such file), and of nothing that it no longer needs."""
    wanted = list(_needed(session, file, store.decisions(session, enrolment_id), at))
    reminders.replace_reminders(session, enrolment_id, KINDS, wanted, at=at, by=by)


def _needed(
    session: Session, file: EnrolmentRow | None, decided: Sequence[GrantRow], at: datetime
) -> Iterator[Reminder]:
    running = [each for each in decided if each.granted and not each.to_end]
    if file is None:
        yield from (Reminder("unknown", str(each.application_id), at + _UNKNOWN_AFTER) for each in running)
    elif file.status == EnrolmentStatus.OPEN:
        yield from (Reminder("activate", str(each.application_id), _activate_at(each, at)) for each in running)
    elif file.status == EnrolmentStatus.ENDED:
        # What ended does not come back: she needs a new file.
        yield from (Reminder("granted", str(each.application_id), at) for each in running)
    if file is None:
        return
    to_end = store.is_to_end(decided)
    if to_end and file.status != EnrolmentStatus.ENDED:
        yield Reminder("to_end", "to_end", at)
    devices = [DeviceStatus(each.status) for each in store.devices(session, file.id)]
    if domain.unprotected(EnrolmentStatus(file.status), devices, to_end=to_end):
        yield Reminder("unprotected", "unprotected", at)


def _activate_at(grant: GrantRow, at: datetime) -> datetime:
    """Choose at once where it is urgent: provisional, so without an end. Else the next morning."""
    if grant.ends_on is None:
        return at
    return morning(local_day(at) + timedelta(days=1))
