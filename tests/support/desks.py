"""Registry and committee under test: settings, their APIs in this process, and what they published."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NotRequired, TypedDict

import psycopg
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from pypdf import PdfReader

from chassis.messaging import outbox
from chassis.security.vault import Vault, new_key
from contracts.envelope import Event
from tests.support.api_client import ApiClient
from tests.support.tokens import Issuer

# Nobody listens there: the API takes work in, and its events wait in the outbox.
NO_BROKER = "amqp://nobody:nothing@127.0.0.1:1/none"


VAULT_KEYS = f"1:{new_key()}"


class Who(TypedDict):
    """The claims of a caller."""

    role: str
    partner: NotRequired[str]
    zone: NotRequired[str]
    cic: NotRequired[str]
    unit: NotRequired[str]
    district: NotRequired[str]
    sub: NotRequired[str]


def environment(issuer: Issuer, database_url: str, broker_url: str = NO_BROKER) -> dict[str, str]:
    """What both services read at start, in lower case."""
    return {
        "environment": "development",
        "database_url": database_url,
        "broker_url": broker_url,
        "vault_keys": VAULT_KEYS,
        "audit_key": new_key(),
        "oidc_issuer": issuer.url,
        "oidc_jwks_url": issuer.jwks_url,
        "partner_networks": "127.0.0.0/8",
        "pseudonym_key": "a key of the tests",
        # Who nobody believes.
        "service_token": "development-none",
    }


class Desk:
    """One service's API, called with tokens of the issuer."""

    def __init__(self, client: TestClient, issuer: Issuer, database_url: str) -> None:
        self._client, self._issuer = client, issuer
        self._database = psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def call(
        self, method: str, path: str, body: Any = None, *, role: str, status: int = 200, **claims: str
    ) -> Any:
        """Call as `role`; fails unless the answer has `status`; gives its JSON."""
        headers = self._issuer.headers(role, **claims) | {"content-type": "application/json"}
        # In ASCII, so that half a character can be sent too.
        content = None if body is None else json.dumps(body)
        answer = self._client.request(method, path, content=content, headers=headers)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
        return answer.json() if answer.content else None

    def raw(self, method: str, path: str, headers: dict[str, str]) -> int:
        """The status of a call without a body."""
        return int(self._client.request(method, path, headers=headers).status_code)

    def raw_json(self, method: str, path: str, body: Any, *, role: str, **claims: str) -> int:
        """The status of a call with a body, as `role`."""
        headers = self._issuer.headers(role, **claims)
        return int(self._client.request(method, path, json=body, headers=headers).status_code)

    def text(self, method: str, path: str, body: str, *, role: str, **claims: str) -> Response:
        """Whatever a call with a text as its body answers."""
        headers = self._issuer.headers(role, **claims) | {"content-type": "text/csv"}
        answer: Response = self._client.request(method, path, content=body.encode(), headers=headers)
        return answer

    def upload(self, path: str, raw: bytes, *, role: str, **claims: str) -> Response:
        """Whatever a POST of bytes answers."""
        headers = self._issuer.headers(role, **claims) | {"content-type": "application/octet-stream"}
        answer: Response = self._client.post(path, content=raw, headers=headers)
        return answer

    def answer(self, path: str, *, role: str, **claims: str) -> Response:
        """Whatever a GET as `role` answers."""
        answer: Response = self._client.get(path, headers=self._issuer.headers(role, **claims))
        return answer

    def text_of(self, path: str, *, role: str, **claims: str) -> str:
        """The text of a PDF, in one line."""
        answer = self._client.get(path, headers=self._issuer.headers(role, **claims))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        pages = PdfReader(BytesIO(answer.content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def signed(self, body: str, headers: dict[str, str]) -> int:
        """The status of a webhook of the chain approach."""
        path = "/v1/chain-approach/webhook"
        return int(self._client.post(path, content=body.encode(), headers=headers).status_code)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        return self._database.execute(statement.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """Change the database behind the service's back: the clock, mostly."""
        self._database.execute(statement.encode())

    def published(self, about: str) -> list[Event]:
        """Events about one subject that wait in the outbox, in order."""
        rows, vault = self.sql("SELECT id, body FROM outbox ORDER BY created_at, id"), Vault(VAULT_KEYS)
        events = [Event.decode(outbox.clear(vault, event_id, body)) for event_id, body in rows]
        return [event for event in events if event.subject == about]


@contextmanager
def desk(app: FastAPI, issuer: Issuer, database_url: str) -> Iterator[Desk]:
    """Run an API for as long as the `with` lasts."""
    with ApiClient(app, raise_server_exceptions=False) as client:
        opened = Desk(client, issuer, database_url)
        yield opened
        opened.close()
