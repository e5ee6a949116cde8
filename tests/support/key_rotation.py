"""A registry with everything in it that rests encrypted, under keys that change."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg

from chassis.database.database import Database, engine_of
from chassis.security.key_rotation import KeyRotation, whole
from chassis.security.vault import Vault, new_key
from services.registry.api import create_app
from services.registry.models import FileConflictRow
from services.registry.settings import RegistrySettings
from services.registry.store import encrypted_columns
from tests.support.builders import a_card
from tests.support.desks import NO_BROKER, Desk, desk, environment
from tests.support.postgres import Cluster
from tests.support.registry import GHENT, picture
from tests.support.tokens import Issuer

OLD, NEW = f"1:{new_key()}", f"2:{new_key()}"
BOTH = f"{OLD},{NEW}"


class Registries:
    """One registry's database, and processes over it that know different keys."""

    def __init__(self, cluster: Cluster, issuer: Issuer) -> None:
        self.issuer, self.url = issuer, cluster.database("registry")
        self.database = Database(engine_of(self.settings(OLD)), "/services/registry")

    def settings(self, vault_keys: str) -> RegistrySettings:
        return RegistrySettings.model_validate(self.environment(vault_keys))

    def environment(self, vault_keys: str, broker_url: str = NO_BROKER) -> dict[str, str]:
        """What a process is started with."""
        return environment(self.issuer, self.url, broker_url) | {"vault_keys": vault_keys}

    def knowing(self, vault_keys: str) -> Any:
        """An API that knows these keys; use it in a `with`."""
        return desk(create_app(self.settings(vault_keys)), self.issuer, self.url)

    def under(self) -> Counter[int]:
        """How many values stand under each key version."""
        with self.database.read() as session:
            return sum((each.counted(session) for each in whole(encrypted_columns.ENCRYPTED)), Counter())

    def rotate_keys(self, rotation: KeyRotation | None = None, vault_keys: str = BOTH) -> int:
        return (rotation or KeyRotation(encrypted_columns.ENCRYPTED)).look(self.database, Vault(vault_keys))

    def conflicts(self, number: int, vault_keys: str = OLD) -> dict[str, str]:
        """Reasons of that many conflicts of interest, by subject, encrypted for one file."""
        vault, enrolment, now = Vault(vault_keys), uuid4(), datetime.now(UTC)
        values = {f"person-{n}": f"reason {n}" for n in range(number)}
        with self.database.transaction() as tx:
            for subject, reason in values.items():
                value = vault.encrypt(encrypted_columns.conflict(enrolment, subject), {"reason": reason})
                row = FileConflictRow(
                    enrolment_id=enrolment, subject=subject, declared_by="mieke", declared_at=now
                )
                row.encrypted = value
                tx.session.add(row)
        return values

    def read_conflicts(self, vault_keys: str) -> dict[str, str]:
        vault = Vault(vault_keys)
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            rows = connection.execute("SELECT enrolment_id, subject, encrypted FROM file_conflicts").fetchall()
        return {
            subject: vault.decrypt(encrypted_columns.conflict(of, subject), value)["reason"]
            for of, subject, value in rows
        }


def everything(registry: Desk) -> str:
    """A file with a value in every encrypted column; its path."""
    path = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    registry.call("PUT", f"{path}/card", a_card(), **GHENT)
    registry.call("PUT", f"{path}/police-report", {"pv_number": "GE.1/2026"}, **GHENT)
    registry.call("POST", f"{path}/convention", {"signed_on": "2026-01-02", "by": "An"}, **GHENT)
    device = {
        "public_key": new_key().rstrip("="),
        "button_serial": f"B-{uuid4()}",
        "phone_number": "+32470000001",
    }
    registry.call("POST", f"{path}/devices", device, status=201, **GHENT)
    registry.execute(
        "INSERT INTO received_decisions (application_id, enrolment_id, granted, decided_at) "
        f"VALUES (gen_random_uuid(), '{path.rpartition('/')[2]}', true, now())"
    )
    registry.execute("UPDATE issued_devices SET tested_at = now()")
    registry.call("POST", f"{path}/activate", **GHENT)
    registry.call("POST", f"{path}/suspend", {"reason": "abroad"}, **GHENT)
    photo = registry.upload(f"{path}/photos?taken_on=2026-01-02", picture(), **GHENT)
    assert photo.status_code == 201, photo.text
    registry.call("POST", f"{path}/transfers", {"to_zone_id": "aalst", "reason": "moved"}, status=201, **GHENT)
    assert (
        registry.raw_json("POST", f"{path}/conflicts", {"subject": "frank", "reason": "aunt"}, **GHENT) == 204
    )
    opened = {"reason": "on duty tonight"}
    registry.call("POST", f"{path}/break-glass", opened, status=201, role="supervisor", sub="sonja")
    return path


def told(registry: Desk, path: str) -> str:
    """All that a reader gets of such a file."""
    (opened,) = registry.sql(f"SELECT id FROM break_glass WHERE enrolment_id = '{path.rpartition('/')[2]}'")
    (photo,) = registry.sql(f"SELECT id FROM photos WHERE enrolment_id = '{path.rpartition('/')[2]}'")
    asked = (path, f"{path}/card", "/v1/transfers", f"/v1/break-glass/{opened[0]}")
    found = [registry.call("GET", each, **GHENT) for each in asked]
    exported = registry.call("GET", f"{path}/export", **GHENT)
    return json.dumps(
        [found, exported["devices"], registry.answer(f"{path}/photos/{photo[0]}", **GHENT).content.hex()]
    )
