"""The whole path of a press on real servers and databases: alarm, dispatch and reporting with their workers."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from chassis.runtime import clock
from contracts.registry import DeviceChanged, EnrolmentChanged
from services.dispatch.api import create_app
from services.dispatch.settings import DispatchSettings
from tests.support.alarm import AlarmApi, AlarmDatabase, Button
from tests.support.broker import Broker
from tests.support.desks import environment
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, context_on, tell
from tests.support.postgres import Cluster
from tests.support.serving import Serving
from tests.support.tokens import Issuer
from tests.support.waiting import eventually
from tests.support.worker import Worker

# Soon enough that a test sees what happens when nobody answers.
_TIMES = {"ESCALATE_AFTER_S": "[2, 4, 6]", "FIND_UNIT_EVERY_S": "1"}


@dataclass(frozen=True)
class Path3:
    """The three services of the path. `alarm`, `reporting`: their databases; `rooms`: dispatch's API."""

    api: AlarmApi
    alarm: AlarmDatabase
    reporting: AlarmDatabase
    desk: Dispatch
    rooms: httpx.Client
    issuer: Issuer

    def know(self, *buttons: Button) -> None:
        """Make devices known to alarm and dispatch, each with an enrolment of its own in Ghent."""
        self.alarm.know(*buttons)
        for button in buttons:
            at = clock.now()
            values = {"enrolment_id": uuid4(), "status": "active", "changed_at": at}
            device = {**values, "device_id": button.id, "public_key": button.public_key, "version": 1}
            file = {**values, "managing_zone_id": "gent-1"}
            tell(self.desk.context, EnrolmentChanged.model_validate(file), DeviceChanged.model_validate(device))

    def as_room(self, role: str, room: str) -> dict[str, str]:
        """The headers of somebody of a control room."""
        return self.issuer.headers(role, cic=room, sub=f"{role}-{room}")

    def incident_of(self, alarm_id: UUID | str) -> tuple[UUID, str] | None:
        """The incident of a press and its control room, once there is one."""
        joined = "SELECT i.id, i.control_room_id FROM presses p JOIN incidents i ON i.id = p.incident_id"
        rows = self.desk.sql(f"{joined} WHERE p.alarm_id = '{alarm_id}'")
        return (rows[0][0], rows[0][1]) if rows else None

    def streamed(self, room: str, wanted: set[str]) -> set[str]:
        """Those of the wanted incidents that a new stream of a room begins with."""
        found: set[str] = set()
        url = f"/v1/control-rooms/{room}/stream"
        with self.rooms.stream("GET", url, headers=self.as_room("operator", room), timeout=10) as lines:
            assert lines.status_code == 200
            for line in lines.iter_lines():
                if line.startswith("data:"):
                    found |= {json.loads(line[5:]).get("incident_id")} & wanted
                if found == wanted:
                    break
        return found


@contextmanager
def whole_path(cluster: Cluster, broker: Broker, folder: Path, **alarm_settings: str) -> Iterator[Path3]:
    """Everything, for as long as the `with` lasts; keyword settings are those of the alarm service."""
    urls = {name: cluster.database(name) for name in ("alarm", "dispatch", "reporting")}
    with ExitStack() as held:
        issuer = held.enter_context(Issuer())
        env = {
            name: {k.upper(): v for k, v in environment(issuer, url, broker.url_of(name)).items()}
            for name, url in urls.items()
        }
        dispatch = env["dispatch"] | _TIMES
        settings = DispatchSettings.model_validate({k.lower(): v for k, v in _parsed(dispatch).items()})
        desk = Dispatch(context_on(urls["dispatch"], vault_keys=dispatch["VAULT_KEYS"]))
        desk.policy(GHENT_ROOM, "automatic")
        desk.units(GHENT_ROOM, GHENT, 4)
        served = held.enter_context(Serving(create_app(settings)))
        api = AlarmApi(
            folder, urls["alarm"], broker.url_of("alarm"), DISPATCH_URL=served.url,
            SERVICE_TOKEN=issuer.token("service", partner="alarm"), **alarm_settings,
            VAULT_KEYS=env["alarm"]["VAULT_KEYS"], OIDC_ISSUER=issuer.url, OIDC_JWKS_URL=issuer.jwks_url,
        )  # fmt: skip
        held.enter_context(api)
        for name, variables in (("alarm", api.env), ("dispatch", dispatch), ("reporting", env["reporting"])):
            place = folder / name
            place.mkdir()
            extra = {k: v for k, v in variables.items() if k != "BROKER_URL"}
            held.enter_context(Worker(f"services.{name}.worker", broker.url_of(name), place, **extra))
        rooms = held.enter_context(httpx.Client(base_url=served.url, timeout=15))
        path = Path3(api, AlarmDatabase(urls["alarm"]), AlarmDatabase(urls["reporting"]), desk, rooms, issuer)
        _warm(path)
        yield path


def _warm(path: Path3) -> None:
    """Wait until all processes are there: the first press has come to the room and into the records."""
    button = Button()
    path.know(button)
    alarm_id = path.api.press(button.press()).json()["alarm_id"]
    eventually(lambda: path.incident_of(alarm_id), 120)
    recorded = "SELECT 1 FROM presses WHERE alarm_id = %s AND routed_at IS NOT NULL AND stored_at IS NOT NULL"
    eventually(lambda: path.reporting.rows(recorded, alarm_id), 120)


def _parsed(variables: Mapping[str, str]) -> dict[str, Any]:
    return {name: json.loads(value) if value.startswith("[") else value for name, value in variables.items()}


def send_raw(port: int, path: str, body: bytes, headers: Mapping[str, bytes]) -> tuple[int, bytes]:
    """POST with headers in any bytes, as no HTTP client of good manners would send them; status and body."""
    head = [f"POST {path} HTTP/1.1".encode(), b"host: localhost", b"content-length: %d" % len(body)]
    head += [name.encode() + b": " + value for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as phone:
        phone.sendall(b"\r\n".join([*head, b"", b""]) + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            got = phone.recv(65536)
            assert got, f"closed without an answer: {answer!r}"
            answer += got
        told, _, rest = answer.partition(b"\r\n\r\n")
        length = next(int(x[15:]) for x in told.lower().split(b"\r\n") if x.startswith(b"content-length:"))
        while len(rest) < length:
            rest += phone.recv(65536)
    return int(told.split()[1]), rest
