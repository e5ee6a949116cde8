"""One row of the registry that cannot be read is shown as what is known of it; all others are as ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.database.database import Database, engine_of
from contracts.dispatch import NamedZone, ZonesPublished
from contracts.envelope import wrap
from services.registry.events import incoming as events
from services.registry.models import TABLES
from services.registry.settings import RegistrySettings
from services.registry.usecases import zones
from tests.support.builders import a_card
from tests.support.damage import Damaged
from tests.support.desks import Desk
from tests.support.registry import GHENT, LIEGE, complete, identity, picture, with_page

ODD_TIMES = ("infinity", "0044-03-15 BC")
BROKEN = [
    (table, column, value)
    for table, column, values in (
        ("enrolment_files", "status", ("rubbish", "")),
        ("enrolment_files", "card", ("rubbish", "")),
        ("enrolment_files", "pv_number", ("rubbish",)),
        ("enrolment_files", "convention_by", ("rubbish",)),
        ("enrolment_files", "convention_signed_on", ("infinity", "0044-03-15 BC")),
        ("enrolment_files", "created_at", ODD_TIMES),
        ("issued_devices", "status", ("rubbish",)),
        ("issued_devices", "issued_at", ODD_TIMES),
        ("reminders", "kind", ("rubbish",)),
        ("transfers", "encrypted", ("rubbish", "")),
        ("transfers", "due_at", ODD_TIMES),
        ("stock_items", "kind", ("rubbish",)),
        ("stock_items", "entered_at", ODD_TIMES),
        ("photos", "taken_on", ("0044-03-15 BC",)),
    )
    for value in values
]


@dataclass(frozen=True)
class World:
    """A zone with two files, each with some of everything."""

    desk: Desk
    damage: Damaged
    file: str
    lists: tuple[str, ...]

    def read(self) -> dict[str, Any]:
        """How many lines each list has; for a page or a file, None."""
        found = dict[str, Any]()
        for path in self.lists:
            answer = self.desk.answer(path, **GHENT)
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
            is_list = answer.headers["content-type"].startswith("application/json")
            found[path] = len(answer.json()) if is_list else None
        return found


@pytest.fixture(scope="module")
def world(registry: Desk, registry_settings: RegistrySettings) -> Iterator[World]:
    database = Database(engine_of(registry_settings), "/services/registry")
    first = ""
    for number in range(2):
        file, _ = with_page(registry)
        complete(registry, database, file)
        registry.call("PUT", f"{file}/card", a_card(), **GHENT)
        registry.upload(f"{file}/photos?taken_on=2026-11-01", picture(), **GHENT)
        move = {"to_zone_id": "aalst", "reason": "moved"}
        registry.call("POST", f"{file}/transfers", move, status=201, **GHENT)
        registry.call("POST", "/v1/stock", {"kind": "button", "serial": f"S-{number}"}, status=201, **GHENT)
        first = first or file
    conflicted = {"subject": "kim", "reason": "her brother"}
    registry.call("POST", f"{first}/conflicts", conflicted, status=204, **GHENT)
    registry.call("POST", f"{first}/break-glass", {"reason": "she called us"}, status=201, **LIEGE)
    names = (NamedZone(zone_id=each, nl=each, fr=each, de=each) for each in ("aalst", "ghent"))
    told = ZonesPublished(number=1, zones=tuple(names), published_at=datetime.now(UTC))
    in_force = events.zones_in_force(wrap(told, source="/services/dispatch"))
    assert in_force is not None
    with database.transaction() as tx:
        zones.record_zones(tx, in_force)
    yield World(
        registry,
        Damaged(registry_settings.database_url.get_secret_value()),
        first,
        (
            *("/v1/enrolments", "/v1/reminders?limit=500", "/v1/transfers", "/v1/stock"),
            *(first, f"{first}/photos", "/desk", "/desk/stock", first.replace("/v1/", "/desk/")),
            *("/desk/import", "/desk/break-glass", f"{first}/completeness"),
        ),
    )
    database.engine.dispose()


@pytest.mark.parametrize(("table", "column", "value"), BROKEN)
def test_it_is_shown_and_hides_nothing(world: World, table: str, column: str, value: str) -> None:
    before = world.read()
    known = str(identity(world.file))
    key = {"enrolment_files": "id", "stock_items": "zone_id"}.get(table, "enrolment_id")
    found = world.desk.sql(
        f'SELECT id, "{column}"::text FROM "{table}" WHERE {key} = '
        f"'{'ghent' if table == 'stock_items' else known}' ORDER BY id LIMIT 1"
    )
    assert found, "nothing to damage"
    ((row, old),) = found
    try:
        if not world.damage.set(table, column, value, f"id = '{row}'"):
            return  # the database refuses it: there can be no such row
        assert world.read() == before
    finally:
        world.damage.set(table, column, old, f"id = '{row}'")


@pytest.mark.parametrize("table", sorted(TABLES))
def test_no_time_and_no_shape_in_any_column_takes_a_page_or_a_list_away(world: World, table: str) -> None:
    key = {"enrolment_files": "id"}.get(table, "enrolment_id")
    about = "true" if table in ("stock_items", "zones") else f"{key} = '{identity(world.file)}'"
    rows = world.damage.rows(table, about)
    assert rows, "nothing to be damaged"
    failed = []
    for one in rows[:2]:
        for column, value in world.damage.of_no_shape(table, one):
            paths = (*world.lists, f"{world.file}/card", f"{world.file}/export")
            found = {path: world.desk.answer(path, **GHENT).status_code for path in paths}
            failed += [f"{column} = {value}: {p} {got}" for p, got in found.items() if got != 200]
    assert not failed


def test_a_card_that_cannot_be_read_can_be_written_anew(world: World) -> None:
    where = f"id = '{identity(world.file)}'"
    ((old,),) = world.desk.sql(f"SELECT card::text FROM enrolment_files WHERE {where}")
    try:
        assert world.damage.set("enrolment_files", "card", "rubbish", where)
        without = a_card(cancel_code=None, duress_code=None)
        refused = world.desk.call("PUT", f"{world.file}/card", without, status=422, **GHENT)
        assert refused["field"] == "cancel_code"
        world.desk.call("PUT", f"{world.file}/card", a_card(), **GHENT)
        assert world.desk.call("GET", f"{world.file}/card", **GHENT)["card"]["victim"]["name"] == "An Peeters"
    finally:
        world.damage.set("enrolment_files", "card", old, where)
