"""Dispatch owns the list of police zones; no file goes to a zone that is not on it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from chassis.database.database import Database, engine_of
from chassis.errors import Invalid
from contracts.dispatch import NamedZone, ZonesPublished
from contracts.envelope import Event
from services.dispatch.domain.geography import Names
from services.dispatch.models import MapRow
from services.dispatch.usecases import control_rooms
from services.registry.events import incoming as events
from services.registry.settings import RegistrySettings
from services.registry.usecases import zones
from tests.support import dispatching
from tests.support.builders import a_card
from tests.support.desks import Desk, Who
from tests.support.dispatching import act, set_up
from tests.support.pages import read_page
from tests.support.postgres import Cluster
from tests.support.registry_news import told
from tests.support.tokens import Issuer

GHENT: Who = {"role": "file_manager", "zone": "gent-1"}
AALST: Who = {"role": "file_manager", "zone": "aalst-1"}
NOWHERE: Who = {"role": "file_manager", "zone": "gent-99"}
MAP = (("aalst-1", "Aalst 1", "Alost 1"), ("gent-1", "Gent 1", "Gand 1"), ("wavre-1", "Waver 1", "Wavre 1"))
LIST = "reference,victim_name,cancel_code,duress_code\nA-1,An Peeters,2468,1357\n"


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


@pytest.fixture(autouse=True)
def untold(registry: Desk) -> None:
    """A registry that was told of no zone."""
    registry.execute("DELETE FROM zones")


def hear(database: Database, *news: Event) -> None:
    """As the worker does."""
    for each in news:
        row = events.zones_in_force(each)
        assert row is not None
        with database.transaction() as tx:
            zones.record_zones(tx, row)


def opened(registry: Desk) -> str:
    return f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"


def to(zone: str) -> dict[str, str]:
    return {"to_zone_id": zone, "reason": "she moved"}


# What dispatch tells


def imported(desk: dispatching.Dispatch, *ids: str) -> None:
    """A map with these zones."""
    squares = [(n * 0.01, zone) for n, zone in enumerate(ids)]
    set_up(
        desk.context,
        control_rooms.put_map,
        {"type": "FeatureCollection", "features": [_zone(*s) for s in squares]},
        "admin",
    )


def _zone(east: float, zone: str) -> dict[str, Any]:
    west, south = 3.7 + east, 51.0
    east_end, north = west + 0.01, south + 0.01
    ring = [[west, south], [east_end, south], [east_end, north], [west, north], [west, south]]
    names = {"nl": f"Zone {zone}", "fr": f"La zone {zone}"}
    properties = {"id": zone, "names": names, "cic": dispatching.GHENT_ROOM}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def published(desk: dispatching.Dispatch) -> list[ZonesPublished]:
    return [ZonesPublished.model_validate(each) for each in desk.published(ZonesPublished.TYPE)]


def test_zones_are_told_when_they_change_and_those_in_force_at_an_upgrade(cluster: Cluster) -> None:
    desk = dispatching.Dispatch(dispatching.context_on(cluster.database("dispatch")))
    # The map that came with the installation, and that nobody ever imported.
    act(desk.context, control_rooms.announce_zones)
    act(desk.context, control_rooms.announce_zones)
    (first,) = published(desk)
    assert first.number == 1
    assert len(first.zones) == len(desk.context.situation.zones)
    assert NamedZone(zone_id="gent-1", nl="Gent 1", fr="Gand 1", de="Gent 1") in first.zones
    imported(desk, "a", "b")
    second = published(desk)[-1]
    assert (second.number, [zone.zone_id for zone in second.zones]) == (2, ["a", "b"])
    # The worker has nothing to add; the same zones with other outlines are no news.
    act(desk.context, control_rooms.announce_zones)
    imported(desk, "a", "b")
    assert len(published(desk)) == 2


def test_a_map_that_an_older_release_imported_is_told_after_the_upgrade(cluster: Cluster) -> None:
    desk = dispatching.Dispatch(dispatching.context_on(cluster.database("dispatch")))
    imported(desk, "a")
    with desk.context.database.transaction() as tx:
        row = tx.session.execute(select(MapRow)).scalar_one()
        tx.session.add(MapRow(geojson=_two(row.geojson), imported_at=row.imported_at, imported_by="older"))
    act(desk.context, control_rooms.announce_zones)
    assert [zone.zone_id for zone in published(desk)[-1].zones] == ["a", "b"]
    assert desk.context.situation.zones[0].names == Names(nl="Zone a", fr="La zone a", de="Zone a")


def _two(geojson: dict[str, Any]) -> dict[str, Any]:
    return {**geojson, "features": [*geojson["features"], _zone(0.01, "b")]}


# What the registry makes of it


def test_while_no_zone_is_known_every_zone_is_taken(registry: Desk) -> None:
    file = opened(registry)
    assert registry.call("POST", f"{file}/transfers", to("gent-99"), status=201, **GHENT)["state"] == "offered"
    registry.call("POST", "/v1/enrolments", status=201, **NOWHERE)


def test_a_zone_that_does_not_exist_gets_no_file(registry: Desk, database: Database) -> None:
    hear(database, told(1, *MAP))
    file = opened(registry)
    refused = registry.call("POST", f"{file}/transfers", to("gent-99"), status=422, **GHENT)
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:zone-unknown", "to_zone_id")
    assert registry.call("POST", f"{file}/transfers", to("aalst-1"), status=201, **GHENT)["state"] == "offered"
    assert registry.call("POST", "/v1/enrolments", status=422, **NOWHERE)["field"] == "zone"
    before = registry.sql("SELECT count(*) FROM enrolment_files")
    for dry in ("true", "false"):
        answer = registry.text("POST", f"/v1/imports?dry_run={dry}", LIST, **NOWHERE)
        assert (answer.status_code, answer.json()["field"]) == (422, "zone")
    assert registry.sql("SELECT count(*) FROM enrolment_files") == before
    assert registry.text("POST", "/v1/imports?dry_run=false", LIST, **AALST).json()["made"]


def test_the_newest_zones_count_in_whatever_order_they_come(registry: Desk, database: Database) -> None:
    new, old = told(3, ("gent-9", "Gent 9", "Gand 9")), told(2, *MAP)
    hear(database, new, old, new)
    registry.call("POST", "/v1/enrolments", status=422, **GHENT)
    hear(database, told(4, *MAP))
    opened(registry)


def test_news_of_zones_that_cannot_be_read_is_refused_by_its_field() -> None:
    broken = told(1, *MAP).model_copy(update={"data": {"zones": []}})
    with pytest.raises(Invalid) as refused:
        events.zones_in_force(broken)
    assert refused.value.field == "data.number"


# On the page


def test_the_page_lets_one_choose_among_the_zones_by_name(
    registry: Desk, database: Database, pages: TestClient, issuer: Issuer
) -> None:
    file = opened(registry)
    page = file.replace("/v1/", "/desk/")
    assert '<input name="to_zone_id"' in read_page(pages, issuer, page, GHENT)
    hear(database, told(1, *MAP))
    text = read_page(pages, issuer, page, GHENT, language="fr")
    assert '<option value="aalst-1">Alost 1</option>' in text
    assert '<option value="gent-1">' not in text
    assert '<option value="wavre-1">Waver 1</option>' in read_page(pages, issuer, page, GHENT, language="en")


def test_both_zones_see_on_the_files_page_that_an_offer_waits(
    registry: Desk, database: Database, pages: TestClient, issuer: Issuer
) -> None:
    hear(database, told(1, *MAP))
    file = opened(registry)
    page = file.replace("/v1/", "/desk/")
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    offer = registry.call("POST", f"{file}/transfers", to("aalst-1"), status=201, **GHENT)
    answer = f"/v1/transfers/{offer['id']}"
    old, new = read_page(pages, issuer, page, GHENT), read_page(pages, issuer, page, AALST)
    assert "Aangeboden aan Aalst 1, te beantwoorden tegen " in old
    assert "Gent 1 biedt uw zone dit dossier aan, te beantwoorden tegen " in new
    for text in (old, new):
        assert "she moved" in text
    assert f"POST {answer}/withdraw" in old
    assert f"POST {file}/transfers" not in old
    assert f"POST {answer}/accept" in new
    assert f"POST {answer}/decline" in new
    assert f"{answer}/withdraw" not in new
    registry.call("POST", f"{answer}/withdraw", **GHENT)
    assert f"POST {file}/transfers" in read_page(pages, issuer, page, GHENT)
