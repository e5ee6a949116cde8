"""The police zones in force, as dispatch told them."""

from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.registry.models import ZonesRow


def put(session: Session, row: ZonesRow) -> None:
    """These are in force, unless others were told later."""
    statement = insert(ZonesRow).values(**row.model_dump())
    new = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"number": new.number, "zones": new.zones},
            where=col(ZonesRow.number) < new.number,
        )
    )


def names(session: Session) -> Mapping[str, Mapping[str, str]]:
    """Zones by id, each with its name by language; none where nobody told yet."""
    row = session.get(ZonesRow, 1)
    return {zone["zone_id"]: zone for zone in row.zones} if row else {}
