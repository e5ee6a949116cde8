"""What two people do at the same moment happens once, and who came second is told so."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

from chassis.database.database import Database, engine_of
from services.registry.settings import RegistrySettings
from services.registry.store import locks
from tests.support.days import today
from tests.support.desks import Desk, Who
from tests.support.registry import GHENT, LIST, device_body, picture

FOUR = 4
T = TypeVar("T")


def at_once(*does: Callable[[], T]) -> list[T]:
    """What each answers when all begin at the same moment."""
    ready = Barrier(len(does))

    def one(do: Callable[[], T]) -> T:
        ready.wait(10)
        return do()

    with ThreadPoolExecutor(len(does)) as pool:
        return list(pool.map(one, does))


def posted(registry: Desk, path: str, body: dict[str, str]) -> Callable[[], int]:
    return lambda: registry.raw_json("POST", path, body, **GHENT)


def test_one_list_four_times(registry: Desk) -> None:
    for n in range(3):
        who: Who = {"role": "file_manager", "zone": f"at-once-{n}"}
        answers = at_once(*[lambda: registry.text("POST", "/v1/imports?dry_run=false", LIST, **who)] * FOUR)  # noqa: B023
        made = [each.json()["made"] for each in answers if each.status_code == 200]
        assert sorted(map(len, made))[-1] == 2
        assert sum(map(len, made)) == 2
        for each in answers:
            if each.status_code != 200:
                assert (each.status_code, each.json()["type"]) == (409, "urn:stalkingalarm:done-at-once")
        assert len(registry.call("GET", "/v1/enrolments", **who)) == 2
        # Who comes second finds all of it.
        again = registry.text("POST", "/v1/imports?dry_run=false", LIST, **who).json()
        assert (again["known"], again["made"]) == (2, [])


def test_who_waits_in_vain_for_a_long_import_hears_why(
    registry: Desk, registry_settings: RegistrySettings
) -> None:
    # Under another name: a transaction of the service's own that falls silent is ended after some seconds.
    somebody = registry_settings.model_copy(update={"service": "import"})
    with Database(engine_of(somebody), "/").read() as session:
        session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        assert locks.try_lock(session, "import at-once-long")
        who: Who = {"role": "file_manager", "zone": "at-once-long"}
        answer = registry.text("POST", "/v1/imports?dry_run=false", LIST, **who)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:stalkingalarm:done-at-once")
        assert registry.text("POST", "/v1/imports?dry_run=true", LIST, **who).status_code == 200
    assert len(registry.text("POST", "/v1/imports?dry_run=false", LIST, **who).json()["made"]) == 2


def test_one_button_and_one_key_four_times(registry: Desk, file: str) -> None:
    for name in ("button_serial", "public_key"):
        same = device_body()
        bodies = [device_body() | {name: same[name]} for _ in range(FOUR)]
        found = Counter(at_once(*(posted(registry, f"{file}/devices", body) for body in bodies)))
        assert found == {201: 1, 409: FOUR - 1}, name


def test_one_item_enters_one_stock(registry: Desk) -> None:
    body = {"kind": "phone", "serial": f"S-{uuid4()}"}
    found = Counter(at_once(*[posted(registry, "/v1/stock", body)] * FOUR))
    assert found == {201: 1, 409: FOUR - 1}


def test_a_button_is_issued_by_its_number_or_enters_the_stock(registry: Desk, file: str) -> None:
    for _ in range(8):
        device = device_body()
        item = {"kind": "button", "serial": device["button_serial"]}
        both = at_once(posted(registry, f"{file}/devices", device), posted(registry, "/v1/stock", item))
        assert set(both) <= {201, 409}
        # Whatever came first: it is not in the cupboard and in her hands.
        rows = registry.sql(
            "SELECT s.status, d.button_item_id FROM stock_items s "
            "JOIN issued_devices d ON d.button_serial = s.serial "
            f"WHERE s.serial = '{item['serial']}' AND d.status <> 'returned'"
        )
        assert all(status == "issued" and item_id for status, item_id in rows)


def test_one_conflict_of_interest_four_times(registry: Desk, file: str) -> None:
    conflict = {"subject": "tom", "reason": "his cousin"}
    assert at_once(*[posted(registry, f"{file}/conflicts", conflict)] * FOUR) == [204] * FOUR
    rows = registry.sql(f"SELECT 1 FROM file_conflicts WHERE enrolment_id = '{file.rpartition('/')[2]}'")
    assert len(rows) == 1


def test_one_file_is_on_offer_once_and_taken_once(registry: Desk, file: str) -> None:
    body = {"to_zone_id": "aalst", "reason": "moved"}
    found = Counter(at_once(*[posted(registry, f"{file}/transfers", body)] * FOUR))
    assert found == {201: 1, 409: FOUR - 1}
    aalst: Who = {"role": "file_manager", "zone": "aalst", "sub": "tom"}
    (offer,) = [
        each
        for each in registry.call("GET", "/v1/transfers?limit=500", **aalst)
        if each["enrolment_id"] == file.rpartition("/")[2]
    ]
    take = f"/v1/transfers/{offer['id']}/accept"
    found = Counter(at_once(*[lambda: registry.raw_json("POST", take, None, **aalst)] * FOUR))
    assert found == {200: 1, 409: FOUR - 1}


def test_no_card_gets_more_photos_than_it_may(registry: Desk, file: str) -> None:
    card = {"card": {"victim": {"name": "An"}}, "cancel_code": "1234", "duress_code": "4321"}
    registry.call("PUT", f"{file}/card", card, **GHENT)
    raw, path = picture(), f"{file}/photos?taken_on={today()}"
    for _ in range(10):
        assert registry.upload(path, raw, **GHENT).status_code == 201
    found = Counter(each.status_code for each in at_once(*[lambda: registry.upload(path, raw, **GHENT)] * FOUR))
    assert found == {201: 2, 422: FOUR - 2}
