"""Step 2: whose press it is, what of it is verified, where it belongs and where its unit is looked for."""

from collections.abc import Mapping
from uuid import UUID

from services.dispatch.domain.flags import merged
from services.dispatch.domain.subjects import subject_of
from services.dispatch.store.rows import OwnerRow
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.raise_alarms import copies
from services.dispatch.usecases.raise_alarms.raised_press import RaisedPress
from services.dispatch.usecases.raise_alarms.verify import verify_press


def prepare(
    context: Context, owners: Mapping[UUID, OwnerRow], presses: Mapping[str, copies.Arrived]
) -> list[RaisedPress]:
    """Decide about each press all that needs no database. `owners`: by device, see `select_owners`."""
    raised = []
    for key, (event_id, alarm, span) in presses.items():
        device_id = uuid_or_none(alarm.device_id)
        owner = owners.get(device_id) if device_id else None
        alarm = verify_press(alarm, owner)
        known = owner is not None
        # An unverified press names a device that is perhaps not its own: its home zone must not be used.
        owner = owner if alarm.lane == "verified" else None
        enrolment_id = owner.enrolment_id if owner else None
        route = context.situation.route(alarm.fix, owner.managing_zone_id if owner else None)
        flags = merged(alarm.flags, sorted(route.flags), ["unverified"] if alarm.lane == "unverified" else [])
        subject = subject_of(alarm.device_id, enrolment_id, alarm.lane)
        # Opened only where nothing else tells where she is.
        home = context.home_of(enrolment_id, owner.card) if owner and route.point is None else None
        search = context.situation.search(route, home)
        raised.append(
            RaisedPress(alarm, event_id, span, subject, enrolment_id, route, flags, key, search, owner, known)
        )
    return raised


def uuid_or_none(text: str) -> UUID | None:
    """Read an id; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
