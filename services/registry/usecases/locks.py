"""What only one caller does at a time, where no constraint of one table sees to it."""

from chassis.database.unit_of_work import UnitOfWork
from services.registry.errors import DoneAtOnce
from services.registry.store import locks


def lock_or_refuse(uow: UnitOfWork, what: str, field: str | None = None) -> None:
    """Be the only one that does `what` until the transaction ends.

    Raises `DoneAtOnce` rather than wait for long.
    """
    if not locks.try_lock(uow.session, what):
        raise DoneAtOnce("somebody else does the same at this moment: try again", field=field)
