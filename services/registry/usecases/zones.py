"""Which police zones there are. Dispatch owns the map; until it told, each zone is taken as it is named."""

from chassis.database.database import Transaction
from chassis.database.unit_of_work import UnitOfWork
from services.registry.errors import ZoneUnknown
from services.registry.models import ZonesRow
from services.registry.store import zones as store


def record_zones(tx: Transaction, row: ZonesRow) -> None:
    """Record the zones that dispatch published."""
    store.put(tx.session, row)


def refuse_unknown(uow: UnitOfWork, zone_id: str, field: str) -> None:
    """Refuse a zone where nobody would find a file; raises `ZoneUnknown` naming the field."""
    known = store.names(uow.session)
    if known and zone_id not in known:
        raise ZoneUnknown("there is no such police zone", field=field)


def name_zones(uow: UnitOfWork, language: str) -> dict[str, str]:
    """Name the zones in force by id, in order of name; in Dutch where there is no name in this language."""
    found = {zone_id: names.get(language, names["nl"]) for zone_id, names in store.names(uow.session).items()}
    return dict(sorted(found.items(), key=lambda zone: zone[1]))
