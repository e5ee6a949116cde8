"""Whatever is known of a victim is nowhere but where it must be: not in a dump, a message, a log or a span."""

import io
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from contracts import topology
from contracts.topology import SERVICES
from tests.scenarios.eavesdropping import eavesdropping
from tests.scenarios.roles import VictimRole
from tests.scenarios.scenario import Scenario
from tests.support.days import today
from tests.support.dumps import dump, pieces
from tools.demo.committee import DISTRICT, PROTOCOL_ID, Meeting
from tools.runtime.native.running import RunningSystem
from tools.simulation.world import World

if TYPE_CHECKING:
    from tests.scenarios.stage import Stage

CIC = "cic-oost-vlaanderen"
# Every scenario's victim has the family name, and all that belongs to it: see tools/demo/seed.py.
SECRETS = (
    *("Testemans", "Verklikker", "1-XYZ-987", "32470112233", "strangling", "second bell", "GE.37.L1."),
    *("machete", "seen at her door"),
    # What people write elsewhere: opinions, imports, reasons (`everything_else`).
    *(
        "in therapy since May",
        "the same pattern again",
        "used break-glass because",
        "married to the",
        "Kouter 91",
    ),
)
PERPETRATOR = {
    "name": "Willem Verklikker",
    "born_on": "1981-01-02",
    "violence": [{"text": "strangling (2025)", "source": "police report"}],
    "weapons": [{"text": "machete"}],
    "vehicles": [{"text": "red van", "plate": "1-XYZ-987"}],
}


def picture() -> bytes:
    """A JPEG like no other."""
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)).save(out, "JPEG")
    return out.getvalue()


async def everything_else(stage: "Stage", ann: VictimRole, photos: list[bytes]) -> None:
    """Photo, list, break-glass, conflict, opinion, meeting, papers: each with what must not get out."""
    assert ann.real is not None
    world, victim = stage.world, ann.real
    file = f"/v1/enrolments/{victim.enrolment_id}"
    manager, supervisor = world.bearer("file_manager", zone=victim.zone), world.bearer("supervisor", cic=CIC)
    registry = world.url("registry")
    sent = await world.http.post(
        f"{registry}{file}/photos?taken_on={today()}", content=picture(), headers=manager
    )
    assert sent.status_code == 201, sent.text
    kept = await world.http.get(f"{registry}{file}/photos/{sent.json()['id']}", headers=manager)
    photos.append(kept.content)
    head = "reference,victim_name,cancel_code,duress_code,perpetrator_name,weapons,home_address,pv_number\n"
    line = f"{uuid4()},Els Testemans,2468,1357,Rik Verklikker,machete,Kouter 91,GE.37.L1.7/2025\n"
    for dry in ("true", "false"):
        # Once with a line that is refused: its problems repeat nothing of it.
        text = head + line + ("X,Els Testemans,1,1,Rik Verklikker,,,\n" if dry == "true" else "")
        url = f"{registry}/v1/imports?dry_run={dry}"
        taken = await world.http.post(url, content=text, headers={**manager, "content-type": "text/csv"})
        assert taken.status_code == 200, taken.text
        assert found_in(taken.text) == []
    why = {"reason": "used break-glass because Verklikker was seen at her door"}
    await world.call("POST", "registry", f"{file}/break-glass", supervisor, why)
    conflict = {"subject": "somebody", "reason": "married to the sister of Verklikker"}
    await world.call("POST", "registry", f"{file}/conflicts", manager, conflict)
    await _decided(world, str(victim.enrolment_id))


async def _decided(world: World, enrolment_id: str) -> None:
    """An opinion, half of it kept back, and a meeting with its papers."""
    desk, support = (
        world.bearer(role, partner=partner, district=DISTRICT)
        for role, partner in (("secretariat", "city"), ("committee", "victim-support"))
    )

    async def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return await world.call(method, "committee", path, desk, body)

    listed = await call("GET", "/v1/applications?limit=200")
    [case] = [each["id"] for each in listed if each["enrolment_id"] == enrolment_id]
    path = f"/v1/applications/{case}"
    opinion = {"advice": "grant", "shared": "the same pattern again", "kept": "in therapy since May"}
    await world.call("PUT", "committee", f"{path}/opinion", support, opinion)
    begins = {"protocol_id": str(PROTOCOL_ID), "starts_at": datetime.now(UTC).isoformat()}
    held = f"/v1/meetings/{(await call('POST', '/v1/meetings', begins))['id']}"
    await call("POST", f"{held}/agenda", {"application_id": case})
    await call("POST", f"{held}/open")
    for partner in ("police", "parket"):
        await Meeting(world, held.rpartition("/")[2]).comes_in(f"member {partner}", partner, "Bert Testemans")
    reasons = {"meeting_id": held.rpartition("/")[2], "reasons": "Verklikker was seen at her door"}
    await call("POST", f"{path}/grant", reasons)
    await call("POST", f"{held}/close")
    for paper in (f"{held}/minutes.pdf", f"{path}/decision.pdf"):
        answer = await world.http.get(f"{world.url('committee')}{paper}", headers=desk)
        assert answer.content.startswith(b"%PDF"), paper


def found_in(text: str, *more: str) -> list[str]:
    """Secrets in a text, plain or as hexadecimal digits."""
    return [each for each in (*SECRETS, *more) if each in text or each.encode().hex() in text]


@pytest.mark.in_containers
def test_what_is_known_of_a_victim_stays_where_it_must_be(scenario: Scenario, system: RunningSystem) -> None:
    ann = scenario.victim(perpetrator=PERPETRATOR)
    photos = list[bytes]()
    car = scenario.unit()
    scenario.step(-1, lambda stage: everything_else(stage, ann, photos))
    press = scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["card"]["victim"]["name"] == ann.name)
    scenario.want_order(car, fits=lambda order: "machete" in json.dumps(order["card"]))
    scenario.want_nothing_else()
    private = {topology.REGISTRY_CARDS, topology.UNROUTABLE}
    exchanges = tuple(e.name for e in topology.EXCHANGES if e.name not in private and e.kind == "topic")
    with (
        eavesdropping(system, (topology.REGISTRY_CARDS,)) as cards,
        eavesdropping(system, exchanges) as received,
    ):
        scenario.run()
    [photo] = photos
    # The search finds what is there: card and photo on the one exchange that may carry them.
    on_cards = set(found_in(b"".join(cards).decode(), *pieces(photo)))
    assert {"Testemans", "Verklikker", "machete", "Kouter 91", pieces(photo)[1]} <= on_cards
    assert len(received) > 10
    entries = [found_in(body.decode(errors="replace"), *pieces(photo)) for body in received]
    assert [found for found in entries if found] == []
    for service in SERVICES:
        url = system.database_url(service).replace("+psycopg", "")
        rows = list(dump(url))
        assert len(rows) > 5, service
        held = [(table, found_in(row, *pieces(photo))) for table, row in rows]
        assert [each for each in held if each[1]] == [], service
    for process in system.processes():
        if not process["step"]:
            assert found_in(system.log(process["name"])) == [], process["name"]
    assert press.made is not None
    spans = httpx.get(
        f"{system.url('collector')}/api/traces?alarm_id={press.made.alarm_id}", timeout=40, trust_env=False
    )
    assert len(spans.json()) > 5
    assert found_in(spans.text) == []
