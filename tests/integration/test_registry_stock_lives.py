"""Any order of any moves of devices, files and stock: nothing in two hands, nothing issued unwiped."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.database.database import Database, engine_of
from services.registry.invariants import INVARIANTS
from services.registry.settings import RegistrySettings
from tests.support.desks import Desk, Who
from tests.support.examples import examples
from tests.support.registry import WHY, complete, device_body, press_test

GHENT: Who = {"role": "file_manager", "zone": "ghent"}
FILES, ITEMS = st.integers(0, 1), st.integers(0, 2)
DEVICE_MOVES = ("suspend", "report-lost", "return", "reactivate")
ITEM_MOVES = ("take-back", "report-lost", "found", "retire")
BY = ("button_item_id", "button_serial")
# Of a page of the list.
MOST = 500


class Lives(RuleBasedStateMachine):
    """Two files that lack only a device, three buttons in the cupboard, and everything that people do."""

    registry: Desk
    database: Database
    files: list[str]
    items: list[dict[str, Any]]
    # Buttons that somebody had, or may have had, since they were last wiped.
    used: set[str]

    @initialize(ready=st.booleans())
    def begin(self, ready: bool) -> None:
        self.files, self.items, self.used = [], [], set()
        lacking = frozenset({"device"} if ready else {"device", "grant"})
        for _ in range(2):
            file = f"/v1/enrolments/{self.registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
            complete(self.registry, self.database, file, lacking)
            self.files.append(file)
        for _ in range(3):
            body = {"kind": "button", "serial": f"L-{uuid4()}"}
            self.items.append(self.registry.call("POST", "/v1/stock", body, status=201, **GHENT))

    def devices(self, file: int) -> list[dict[str, Any]]:
        return list(self.registry.call("GET", self.files[file], **GHENT)["devices"])

    def now(self) -> dict[str, dict[str, Any]]:
        """The three buttons as the list shows them."""
        ours = {item["id"] for item in self.items}
        found, after = list[dict[str, Any]](), ""
        while page := self.registry.call("GET", f"/v1/stock?limit={MOST}{after}", **GHENT):
            found += page
            if len(page) < MOST:
                break
            after = f"&after={page[-1]['id']}"
        return {each["id"]: each for each in found if each["id"] in ours}

    @rule(file=FILES, item=ITEMS, by=st.sampled_from(BY))
    def issue(self, file: int, item: int, by: str) -> None:
        button = self.items[item]
        named = button["id"] if by == "button_item_id" else button["serial"]
        was = self.now()[button["id"]]["status"]
        body = {name: value for name, value in device_body().items() if name != "button_serial"} | {by: named}
        answer = self.registry.raw_json("POST", f"{self.files[file]}/devices", body, **GHENT)
        assert (answer == 201) == (was == "stock" and not self.ended(file))
        if answer == 201:
            assert button["id"] not in self.used
            self.used.add(button["id"])

    def ended(self, file: int) -> bool:
        return bool(self.registry.call("GET", self.files[file], **GHENT)["status"] == "ended")

    @rule(file=FILES, which=st.integers(0, 3))
    def press(self, file: int, which: int) -> None:
        if devices := self.devices(file):
            press_test(self.database, devices[which % len(devices)]["id"])

    @rule(file=FILES, action=st.sampled_from(["activate", "suspend", "end"]))
    def move_file(self, file: int, action: str) -> None:
        said = WHY if action == "suspend" else None
        assert self.registry.raw_json("POST", f"{self.files[file]}/{action}", said, **GHENT) in (200, 409)

    @rule(file=FILES, which=st.integers(0, 3), action=st.sampled_from(DEVICE_MOVES))
    def move_device(self, file: int, which: int, action: str) -> None:
        if not (devices := self.devices(file)):
            return
        device = devices[which % len(devices)]["id"]
        answer = self.registry.raw_json("POST", f"/v1/devices/{device}/{action}", None, **GHENT)
        assert answer in (200, 409)
        whole = self.registry.call("GET", self.files[file], **GHENT)
        if (answer, action, whole["status"]) == (200, "return", "active"):
            # A swap leaves no gap.
            assert "active" in {each["status"] for each in whole["devices"]}

    @rule(item=ITEMS, action=st.sampled_from(ITEM_MOVES))
    def move_item(self, item: int, action: str) -> None:
        button = self.items[item]["id"]
        body = {"wiped": True} if action == "take-back" else None
        answer = self.registry.raw_json("POST", f"/v1/stock/{button}/{action}", body, **GHENT)
        assert answer in (200, 409)
        if answer == 200 and action == "take-back":
            self.used.discard(button)
        elif answer == 200:
            self.used.add(button)

    @invariant()
    def a_button_is_where_its_device_says(self) -> None:
        if not hasattr(self, "items"):
            return
        out = {
            device["id"]: (device["button_serial"], device["status"])
            for file in range(len(self.files))
            for device in self.devices(file)
            if device["status"] != "returned"
        }
        serials = [serial for serial, _ in out.values()]
        assert len(serials) == len(set(serials))
        for each in self.now().values():
            if each["device_id"] is not None:
                assert out[each["device_id"]] == (each["serial"], each["device_status"])
                assert each["status"] == ("lost" if each["device_status"] == "lost" else "issued")
            else:
                assert each["status"] != "issued"

    @invariant()
    def ledger_is_right(self) -> None:
        for name, statement in INVARIANTS.items():
            assert self.registry.sql(statement) == [], name


@pytest.fixture
def database(registry_settings: RegistrySettings) -> Iterator[Database]:
    engine = engine_of(registry_settings)
    yield Database(engine, "/services/registry")
    engine.dispose()


def test_any_order_of_moves(registry: Desk, database: Database) -> None:
    given = {"registry": registry, "database": database}
    some = settings(max_examples=examples(15), stateful_step_count=25, deadline=None)
    run_state_machine_as_test(type("GivenLives", (Lives,), given), settings=some)
