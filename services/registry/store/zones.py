"""The police zones in force, as dispatch told them."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from chassis.database.damaged_rows import Known
from services.registry.models import ZonesRow


def put(session: Session, row: ZonesRow) -> None:
    """Record the zones in force, unless later ones are there."""
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
    """Name the zones by id and language; none where none were published yet, or they cannot be read."""
    row = session.get(ZonesRow, 1)
    return Known("zones", 1).read("zones", partial(_named, row.zones), {}) if row else {}


def _named(zones: Sequence[Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    return {zone["zone_id"]: zone for zone in zones}
