"""Files that change are published, from whichever use case changed them."""

from chassis.database.unit_of_work import UnitOfWork
from services.registry.events import outgoing
from services.registry.models import EnrolmentRow
from services.registry.store import files


def publish_change(uow: UnitOfWork, row: EnrolmentRow) -> None:
    """Publish how a file stands that was just changed, under its lock.

    Who began earlier may have waited for who began later: the moment is that of the change, not of the request.
    """
    uow.tx.publish(outgoing.enrolment_changed(row, files.moment(uow.session)))
