"""What dispatch keeps under another id than it came with is in our tables under that id too.

Somebody took the id of a press ahead of it, or a copy came in after its alarm was closed: then dispatch makes
it a press of its own, so that nothing hides it. Of what never came here reconciliation goes on to say so.
"""

from collections.abc import Sequence
from datetime import timedelta

from chassis.database.database import Database, Transaction
from chassis.runtime import clock
from chassis.security.vault import Vault
from contracts.dispatch import PressRouted
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.store import presses
from services.alarm.store import renamed_presses as store
from services.alarm.usecases.record_presses import publish_recorded

_AT_ONCE = 200
# So long a press may take to come here after dispatch told of it.
_WAITS = timedelta(days=7)


def keep(tx: Transaction, routed: Sequence[PressRouted], vault: Vault) -> None:
    """Note what dispatch told, and store what is here already."""
    store.note(tx.session, [each for each in routed if each.digest is not None], clock.now())
    _learn(tx, vault)


def learn_kept(database: Database, vault: Vault) -> None:
    """Store those whose press came after dispatch told of it."""
    more = True
    while more:
        with database.transaction() as tx:
            more = _learn(tx, vault) == _AT_ONCE
            store.forget(tx.session, clock.now() - _WAITS)


def _learn(tx: Transaction, vault: Vault) -> int:
    """Say how many were stored."""
    found, now = store.learn(tx.session, _AT_ONCE), clock.now()
    rows = [
        {
            **row,
            "content": None,
            "evidence": vault.encrypt(
                evidence_associated_data(row["alarm_id"]),
                {"body": None, "fix": None, "proof": None, "came_as": str(row["came_as"])},
            ),
            "whole": False,
            "stored_at": now,
            "reported_at": now,
        }
        for row in found
    ]
    if rows:
        publish_recorded(tx, presses.recorded(tx.session, rows), None)
    return len(rows)
