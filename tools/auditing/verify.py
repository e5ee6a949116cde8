"""Reads the audit log of a service over HTTP and says whether anything was done to it."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.audit import AuditEntry, AuditSealed, chained, genesis, is_signed
from tools.runtime.native.layout import SetupError

M = TypeVar("M", AuditEntry, AuditSealed)
# Seconds within which an entry must have joined the chain: a worker does it every two.
_LOOSE_S = 60


@dataclass(slots=True)
class Verification:
    """The log of one service, entry by entry. `problems`: what is wrong, and where."""

    service: str
    key: Ed25519PublicKey
    position: int = 0
    sealed_position: int = 0
    sealed_at: datetime | None = None
    problems: list[str] = field(default_factory=list)
    _hash: str = ""
    _seals: dict[int, list[AuditSealed]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._hash = genesis(self.service)

    def expect(self, seals: Sequence[AuditSealed], kept_by: str) -> None:
        """Expect to meet in the log what was signed; `kept_by`: who still has it."""
        for seal in seals:
            if seal.service != self.service or not is_signed(self.key, seal):
                self.problems.append(
                    f"the signature under position {seal.position}, kept by {kept_by}, is not the service's"
                )
            else:
                self._seals.setdefault(seal.position, []).append(seal)

    def read(self, entry: AuditEntry) -> None:
        """Check the next entry."""
        wanted = self.position + 1
        if entry.position != wanted:
            self.problems.append(f"positions {wanted} to {entry.position - 1} are missing")
        elif chained(self._hash, entry) != entry.hash:
            self.problems.append(
                f"position {entry.position} ({entry.at:%Y-%m-%d %H:%M:%S} UTC, {entry.action} by "
                f"{entry.subject}) was changed, or does not belong there"
            )
        self.position, self._hash = entry.position, entry.hash
        for seal in self._seals.pop(entry.position, []):
            if seal.hash != entry.hash:
                self.problems.append(
                    f"positions {self.sealed_position + 1} to {entry.position} are not those that were signed "
                    f"at {seal.sealed_at:%Y-%m-%d %H:%M:%S} UTC"
                )
            else:
                self.sealed_position, self.sealed_at = entry.position, seal.sealed_at

    def end(self) -> None:
        """Check, once the log has no more entries, that it reaches everything that was signed."""
        for position, seals in sorted(self._seals.items()):
            if position > self.position:
                self.problems.append(
                    f"the log ends at {self.position}, but position {position} was signed at "
                    f"{seals[0].sealed_at:%Y-%m-%d %H:%M:%S} UTC"
                )


def verify_all(places: Mapping[str, Mapping[str, str]], token: str) -> list[Verification]:
    """Check the log of every service; raises SetupError where one does not let itself be read.

    `places`: service to its `url` and `public_key` (Ed25519, base64url). Reporting, where it is among them,
    is the witness of all others, and the registry is reporting's. `token`: of an auditor.
    """
    with httpx.Client(headers={"authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as client:
        return [
            verify(client, service, place, places.get(witness), witness)
            for service, place in places.items()
            for witness in ["registry" if service == "reporting" else "reporting"]
        ]


def verify(
    client: httpx.Client,
    service: str,
    place: Mapping[str, str],
    kept_at: Mapping[str, str] | None,
    witness: str,
) -> Verification:
    """Check the log of one service. `kept_at`: where its `witness` is, which remembers what was signed."""
    url = place["url"]
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(place["public_key"]))
    except ValueError:
        raise SetupError(f"public_key of {service}: must be 32 bytes, base64url") from None
    checked = Verification(service, key)
    checked.expect(list(_pages(client, f"{url}/v1/audit/seals", AuditSealed)), "the service")
    if kept_at is not None:
        kept = _pages(client, f"{kept_at['url']}/v1/audit/witness/{service}", AuditSealed)
        checked.expect(list(kept), witness)
    for entry in _pages(client, f"{url}/v1/audit/entries", AuditEntry):
        checked.read(entry)
    checked.end()
    oldest = answer(client, f"{url}/v1/audit/state", {})["oldest_unchained_at"]
    if oldest and datetime.fromisoformat(oldest) < datetime.now(UTC) - timedelta(seconds=_LOOSE_S):
        checked.problems.append(f"entries since {oldest} are not in the chain: its worker does not run")
    return checked


def _pages(client: httpx.Client, url: str, kind: type[M]) -> Iterator[M]:
    after = 0
    while page := [kind.model_validate(each) for each in answer(client, url, {"after": after})]:
        yield from page
        after = page[-1].position


def answer(client: httpx.Client, url: str, query: dict[str, int]) -> Any:
    """Ask as an auditor and give the answer; raises SetupError where there is none."""
    try:
        found = client.get(url, params=query)
    except httpx.HTTPError as error:
        raise SetupError(f"{url} does not answer: {type(error).__name__}") from None
    if found.status_code != httpx.codes.OK:
        raise SetupError(f"{url}: {found.status_code}: {found.text}")
    return found.json()
