"""The audit log: what gets in, and that nothing can be done to it unnoticed. On a real registry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.testclient import TestClient

from chassis.database.database import Database, engine_of
from chassis.security import audit
from chassis.security.principal import Principal
from chassis.security.vault import new_key, public_key, signing_key
from contracts.audit import AuditEntry, AuditSealed, chained, genesis
from services.registry.api import create_app
from services.registry.settings import RegistrySettings
from tests.support.api_client import ApiClient
from tests.support.builders import a_card
from tests.support.desks import Desk, Who, environment
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer
from tools.auditing.verify import Verification, verify
from tools.runtime.native.layout import SetupError

GHENT: Who = {"role": "file_manager", "zone": "gent", "sub": "mieke", "partner": "police"}


class Audited:
    """A registry, and an auditor who looks at it."""

    def __init__(self, client: TestClient, issuer: Issuer, settings: RegistrySettings) -> None:
        self.url = settings.database_url.get_secret_value()
        self.desk = Desk(client, issuer, self.url)
        self._client, self._headers = client, issuer.headers("auditor", sub="anna")
        self.database = Database(engine_of(settings), "/services/registry")
        self.settings = settings
        self.key = settings.audit_key.get_secret_value()

    def chain(self, sign_every_s: float = 0) -> int:
        """What a worker does every two seconds."""
        with self.database.transaction() as tx:
            return audit.chain(tx, audit.Signer("registry", self.key), sign_every_s)

    def entries(self) -> list[AuditEntry]:
        """The chain, without the reading of it."""
        with self.database.read() as session:
            found = audit.entries(session, 0, 5000)
        return [entry for entry in found if entry.about.startswith("enrolment:")]

    def witnessed(self) -> list[AuditSealed]:
        """The signatures as they went out on the bus."""
        return [AuditSealed.model_validate(event.data) for event in self.desk.published("registry")]

    def verified(self, key: str | None = None) -> Verification:
        """What an auditor finds."""
        self._client.headers.update(self._headers)
        place = {"url": str(self._client.base_url), "public_key": public_key(key or self.key)}
        return verify(self._client, "registry", place, None, "reporting")

    def verified_with_witness(self) -> Verification:
        """The same, by somebody who kept what was signed."""
        checked = Verification("registry", signing_key(self.key).public_key())
        checked.expect(self.witnessed(), "reporting")
        with self.database.read() as session:
            for entry in audit.entries(session, 0, 5000):
                checked.read(entry)
        checked.end()
        return checked


@pytest.fixture
def audited(cluster: Cluster, issuer: Issuer) -> Iterator[Audited]:
    """A registry of its own, with a file that somebody worked on."""
    settings = RegistrySettings.model_validate(environment(issuer, cluster.database("registry")))
    with ApiClient(create_app(settings), raise_server_exceptions=False) as client:
        opened = Audited(client, issuer, settings)
        path = f"/v1/enrolments/{opened.desk.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
        opened.desk.call("PUT", f"{path}/police-report", {"pv_number": "GE.1/2026"}, **GHENT)
        opened.desk.call("PUT", f"{path}/card", a_card(), **GHENT)
        opened.desk.call("GET", f"{path}/card", **GHENT)
        yield opened
        opened.desk.close()


def test_who_read_and_wrote_which_fields_when_and_why(audited: Audited) -> None:
    audited.chain()
    entries = audited.entries()
    assert [(e.action, e.fields) for e in entries][:2] == [("write", ("pv_number",)), ("read", ("pv_number",))]
    wrote, read = entries[2], entries[-1]
    assert (wrote.action, wrote.fields) == ("write", ("cancel_code", "card", "duress_code"))
    assert {"card.victim", "card.perpetrators", "card.addresses", "card.dogs"} <= set(read.fields)
    assert "card.children" not in read.fields  # there are none on it
    for entry in entries:
        assert (entry.subject, entry.roles, entry.purpose) == ("mieke", ("file_manager",), "file management")
        assert entry.claims == {"partner": "police", "zone": "gent"}
        assert timedelta(0) <= datetime.now(UTC) - entry.at < timedelta(minutes=5)
    assert "Peeters" not in str(entries)
    assert "GE.1/2026" not in str(entries)


def test_what_was_refused_was_neither_read_nor_written(audited: Audited) -> None:
    (path,) = {e.about.replace("enrolment:", "/v1/enrolments/") for e in _chained(audited)}
    before = len(audited.entries())
    audited.desk.call("GET", path, role="file_manager", zone="aalst", status=404)
    audited.desk.call("PUT", f"{path}/police-report", {"pv_number": ""}, status=422, **GHENT)
    audited.desk.call("POST", f"{path}/activate", status=409, **GHENT)
    audited.chain()
    after = audited.entries()[before:]
    assert [(each.action, each.purpose, each.claims["zone"]) for each in after] == [
        ("refused", "read", "aalst"),
        ("refused", "activate", "gent"),
    ]


def _chained(audited: Audited) -> list[AuditEntry]:
    audited.chain()
    return audited.entries()


def test_a_whole_log_is_whole(audited: Audited) -> None:
    assert audited.chain() > 4
    assert audited.chain() == 0
    checked = audited.verified()
    assert (checked.problems, checked.sealed_position) == ([], checked.position)
    # Being read is an entry too, and it is chained after the rest.
    assert audited.chain() > 0
    assert audited.verified().problems == []


def test_signed_when_due_and_not_more_often(audited: Audited) -> None:
    audited.chain(sign_every_s=3600)
    (first,) = audited.witnessed()
    audited.desk.call("POST", "/v1/enrolments", status=201, **GHENT)
    audited.verified()
    audited.chain(sign_every_s=3600)
    assert audited.witnessed() == [first]
    audited.chain(sign_every_s=0)
    assert [seal.position > first.position for seal in audited.witnessed()] == [False, True]


def test_a_worker_keeps_what_was_logged_and_rests_when_nothing_is(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = len(audited.desk.sql("SELECT id FROM audit_entry"))
    audit.keep(audited.database, audited.settings)
    assert len(audited.desk.sql("SELECT id FROM audit_entry WHERE position IS NOT NULL")) == logged > 0
    assert audited.desk.sql("SELECT position FROM audit_seal") == [(logged,)]
    monkeypatch.setattr(audit, "chain", None)  # nothing to do: it would be called in vain
    audit.keep(audited.database, audited.settings)
    monkeypatch.undo()
    assert audited.verified().problems == []


def test_only_one_process_chains_at_a_time(audited: Audited) -> None:
    with audited.database.transaction() as tx:
        assert audit.chain(tx, audit.Signer("registry", audited.key)) > 0
        assert audited.chain() == 0
    assert audited.verified().problems == []


TAMPERED = {
    "a field": ("UPDATE audit_entry SET fields = '[]' WHERE position = 3", ["position 3 "]),
    "a name": ("UPDATE audit_entry SET subject = 'jan' WHERE position = 2", ["position 2 "]),
    "a time": ("UPDATE audit_entry SET at = at - interval '1 day' WHERE position = 4", ["position 4 "]),
    "one gone": ("DELETE FROM audit_entry WHERE position = 2", ["positions 2 to 2 are missing"]),
    "one more": (
        "INSERT INTO audit_entry SELECT gen_random_uuid(), at, subject, roles, claims, purpose, action, about, "
        "fields, (SELECT max(position) + 1 FROM audit_entry), hash FROM audit_entry WHERE position = 1",
        ["was changed, or does not belong there"],
    ),
    "two exchanged": (
        "UPDATE audit_entry SET position = -1 WHERE position = 2; "
        "UPDATE audit_entry SET position = 2 WHERE position = 3; "
        "UPDATE audit_entry SET position = 3 WHERE position = -1",
        ["position 2 ", "position 3 "],
    ),
    "the end gone": ("DELETE FROM audit_entry WHERE position > 3", ["the log ends at 3, but position"]),
    "a signature": ("UPDATE audit_seal SET signature = 'AAAA'", ["is not the service's"]),
    "the signed hash": ("UPDATE audit_seal SET hash = repeat('0', 64)", ["is not the service's"]),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_done_to_it_is_found_and_placed(audited: Audited, what: str) -> None:
    statement, wanted = TAMPERED[what]
    audited.chain()
    assert audited.verified().problems == []
    audited.desk.execute(statement)
    problems = audited.verified().problems
    for each in wanted:
        assert any(each in problem for problem in problems), problems


def test_a_log_that_was_written_anew_does_not_fit_what_was_signed(audited: Audited) -> None:
    audited.chain()
    with audited.database.read() as session:
        entries = audit.entries(session, 0, 5000)
    digest = genesis("registry")
    for entry in entries:
        changed = entry.model_copy(update={"subject": "jan"}) if entry.position == 2 else entry
        digest = chained(digest, changed)
        audited.desk.execute(
            f"UPDATE audit_entry SET subject = '{changed.subject}', hash = '{digest}' "
            f"WHERE position = {entry.position}"
        )
    problems = audited.verified().problems
    assert any(p.startswith(f"positions 1 to {len(entries)} are not those that were signed") for p in problems)


def test_an_end_that_is_gone_with_its_signature_is_missed_by_the_witness(audited: Audited) -> None:
    audited.chain()
    audited.desk.execute("DELETE FROM audit_entry WHERE position > 3; DELETE FROM audit_seal")
    assert audited.verified().problems == []  # nobody can tell from the log alone
    assert ["the log ends at 3" in p for p in audited.verified_with_witness().problems] == [True]


def test_another_key_is_not_the_services(audited: Audited) -> None:
    audited.chain()
    assert audited.verified(new_key()).problems
    with httpx.Client() as client, pytest.raises(SetupError, match="public_key"):
        verify(client, "registry", {"url": "x", "public_key": "short"}, None, "reporting")


def test_what_is_never_chained_is_told(audited: Audited) -> None:
    audited.chain()
    with audited.database.transaction() as tx:
        tx.write(audit.entry(Principal("x", frozenset()), "read", audit.Purpose("why", "enrolment:1"), ("y",)))
    audited.desk.execute("UPDATE audit_entry SET at = now() - interval '5 minutes' WHERE position IS NULL")
    assert "are not in the chain" in " ".join(audited.verified().problems)


def test_an_entry_that_cannot_be_read_keeps_no_other_loose(audited: Audited) -> None:
    audited.desk.execute(
        "INSERT INTO audit_entry (id, at, subject, roles, claims, purpose, action, about, fields) "
        "VALUES (gen_random_uuid(), now() - interval '1 day', 's', '7', '{}', 'p', 'read', 'a:1', '[]')"
    )
    assert audited.chain() > 4
    assert audited.desk.sql("SELECT count(*) FROM audit_entry WHERE position IS NULL") == [(1,)]
    audited.desk.execute("DELETE FROM audit_entry WHERE position IS NULL")
    assert audited.verified().problems == []
