"""One row of the committee that cannot be read is shown as what is known of it; all others are as ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import pytest

from chassis.database.database import Database, engine_of
from chassis.security.vault import Vault
from services.committee.api import create_app
from services.committee.domain.chain import IncomingCase
from services.committee.models import TABLES
from services.committee.settings import CommitteeSettings
from services.committee.usecases import chain
from services.committee.usecases.unit_of_work import CaseUnitOfWork
from tests.support.builders import a_protocol, a_referral
from tests.support.committee import (
    MAGISTRATE,
    QUORUM,
    SECRETARY,
    about,
    alive,
    declare_conflict,
    in_force,
    meeting,
    recorded,
    submitted,
    whole,
)
from tests.support.damage import Damaged
from tests.support.desks import Desk, desk
from tests.support.tokens import Issuer

ODD_TIMES = ("infinity", "0044-03-15 BC")
ODD_JSON = ("7", "[null, 3]")
# Table and column, which row (see `World.rows`), and what may stand there.
BROKEN = [
    (table, column, row, value)
    for table, column, row, values in (
        ("protocols", "content", "other_protocol", ODD_JSON),
        ("protocols", "recorded_at", "other_protocol", ODD_TIMES),
        ("applications", "procedure", "case", ("rubbish", "")),
        ("applications", "language", "case", ("rubbish",)),
        ("applications", "encrypted", "case", ("rubbish", "")),
        ("decisions", "encrypted", "granted", ("rubbish", "")),
        ("decisions", "present", "granted", ODD_JSON),
        ("decisions", "outcome", "granted", ("rubbish",)),
        ("opinions", "encrypted", "case", ("rubbish",)),
        ("opinions", "advice", "case", ("rubbish",)),
        ("conflicts", "encrypted", "case", ("rubbish",)),
        ("meetings", "starts_at", "meeting", ODD_TIMES),
        ("meetings", "state", "meeting", ("rubbish",)),
        ("members", "encrypted", "protocol", ("rubbish",)),
        ("attendances", "encrypted", "meeting", ("rubbish",)),
        ("attendances", "arrived_at", "meeting", ("infinity",)),
        ("handovers", "encrypted", "incoming", ("rubbish", "")),
        ("handovers", "fields", "incoming", ("7", "[null, 3]")),
        ("handovers", "basis", "incoming", ("rumour",)),
        ("handovers", "encrypted", "granted", ("rubbish",)),
        ("deadlines", "kind", "case", ("rubbish",)),
        ("deadlines", "stage", "case", ("rubbish",)),
        ("deadlines", "due_at", "case", ODD_TIMES),
        ("history", "encrypted", "case", ("rubbish",)),
        ("history", "at", "case", ODD_TIMES),
        ("reviews", "cause", "granted", ("rubbish",)),
        ("reviews", "due_at", "granted", ODD_TIMES),
    )
    for value in values
]


@dataclass
class World:
    """A committee with some of everything. `rows`: the condition that finds a row; `lists`: what is read."""

    desk: Desk
    damage: Damaged
    rows: dict[str, str]
    lists: tuple[str, ...]

    @cached_property
    def before(self) -> dict[str, Any]:
        """What is read while nothing is damaged."""
        return self.read()

    def read(self) -> dict[str, Any]:
        """How many lines each list has; for a page, None."""
        found = dict[str, Any]()
        for path in self.lists:
            answer = self.desk.answer(path, **SECRETARY)
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
            is_json = answer.headers["content-type"].startswith("application/json")
            found[path] = len(answer.json()) if is_json else None
        return found


def _came_in(database: Database, vault: Vault) -> str:
    known = uuid4()
    case = IncomingCase(uuid4(), "consent", "hers", True, {"urgency": "soon"})
    with database.transaction() as tx:
        chain.receive_referral(CaseUnitOfWork(tx, vault, chain.THEM), known, case)
    return str(known)


@pytest.fixture(scope="module")
def world(committee_settings: CommitteeSettings, issuer: Issuer) -> Iterator[World]:
    url = committee_settings.database_url.get_secret_value()
    linked = committee_settings.model_copy(update={"chain_approach_url": "http://127.0.0.1:1"})
    database, vault = Database(engine_of(linked), "/test"), Vault(linked.vault_keys.get_secret_value())
    with desk(create_app(linked), issuer, url) as committee:
        shared = {"shared_fields": {"ketenaanpak": ["risk_level"]}}
        protocol, other = in_force(committee, a_protocol(**shared)), in_force(committee)
        case = submitted(committee, whole(protocol))
        submitted(committee, whole(protocol))
        for who in (SECRETARY, MAGISTRATE):
            committee.call("PUT", f"{case}/opinion", {"advice": "grant", "shared": "y", "kept": "n"}, **who)
        for subject in ("zoe", "yann"):
            declare_conflict(committee, case, subject)
        granted, _ = alive(committee, protocol)
        for _ in range(2):
            fields = {"fields": ["risk_level"]}
            committee.call("POST", f"{granted}/refer", a_referral(**fields), status=201, **SECRETARY)
        incoming, _ = (_came_in(database, vault) for _ in range(2))
        waits = submitted(committee, whole(protocol))
        on_their_word = meeting(committee, protocol, about(waits), people=())
        for subject, partner in QUORUM:
            recorded(committee, on_their_word, subject, partner)
        grant = {"meeting_id": on_their_word, "reasons": "all three"}
        committee.call("POST", f"{waits}/grant", grant, status=202, **SECRETARY)
        committee.execute(
            "INSERT INTO registry_conflicts (enrolment_id, subject, person, declared_at) "
            "SELECT enrolment_id, 'kim', "
            f"'kim', now() FROM applications WHERE id = '{case.rpartition('/')[2]}'"
        )
        held = meeting(committee, protocol, about(case))
        meeting(committee, protocol, about(case))
        ids = {name: path.rpartition("/")[2] for name, path in (("case", case), ("granted", granted))}
        yield World(
            committee,
            Damaged(url),
            {**ids, "protocol": protocol, "other_protocol": other, "incoming": incoming, "meeting": held},
            (
                *("/v1/applications?limit=500", "/v1/board?limit=500", "/v1/reviews?limit=500", "/v1/meetings"),
                *("/v1/handovers", "/v1/protocols", f"/v1/protocols/{protocol}/members"),
                *(f"/v1/protocols/{protocol}{part}" for part in ("", "/versions", "/history")),
                f"/v1/protocols/{protocol}/versions/1/members",
                *(waits, waits.replace("/v1/", "/desk/"), f"/desk/meetings/{on_their_word}"),
                *("/desk/applications/new", "/desk/protocols/new", f"/desk/protocols/{protocol}"),
                *(f"{case}/{part}" for part in ("opinions", "conflicts", "history", "deadlines")),
                *(f"{granted}/handovers", f"{granted}/history", case, granted, f"/v1/meetings/{held}"),
                *("/desk", "/desk/applications", "/desk/chain", "/desk/meetings", "/desk/reviews"),
                *("/desk/protocols", f"/desk/protocols/{protocol}/members", f"/desk/meetings/{held}"),
                *(path.replace("/v1/", "/desk/") for path in (case, granted)),
            ),
        )
    database.engine.dispose()


_KEYS = {
    **dict.fromkeys(("opinions", "conflicts", "decisions", "deadlines", "reviews"), "application_id"),
    **dict.fromkeys(("attendances", "agenda_items"), "meeting_id"),
    "members": "protocol_id",
    "registry_conflicts": "enrolment_id",
    "history": "subject_id",
}


def rows_of(world: World, table: str, row: str) -> list[str]:
    """Of a table's rows about one of the world's, each by a condition on its primary key."""
    key = "application_id" if (table, row) == ("handovers", "granted") else _KEYS.get(table, "id")
    return world.damage.rows(table, f"{key} = '{world.rows[row]}'")


@pytest.mark.parametrize(("table", "column", "row", "value"), BROKEN)
def test_it_is_shown_and_hides_nothing(world: World, table: str, column: str, row: str, value: str) -> None:
    assert world.before
    with world.damage.damaged(table, column, value, rows_of(world, table, row)[0]) as held:
        if not held:
            return  # the database refuses it: there can be no such row
        assert world.read() == world.before


@pytest.mark.parametrize("table", sorted(TABLES))
def test_no_time_and_no_shape_in_any_column_takes_a_page_or_a_list_away(world: World, table: str) -> None:
    rows = {one: row for row in world.rows for one in rows_of(world, table, row)[:1]}
    rows = rows or dict.fromkeys(world.damage.rows(table, "true")[:1], "any")
    assert rows, "nothing to be damaged"
    failed = []
    for one, row in rows.items():
        for column, value in world.damage.of_no_shape(table, one):
            # Whose a protocol is that cannot be read nobody knows: what is under it is nobody's.
            hides = (table, column, row) == ("protocols", "content", "protocol")
            allowed = {200, 403, 404} if hides else {200}
            found = {path: world.desk.answer(path, **SECRETARY).status_code for path in world.lists}
            failed += [f"{column} = {value}: {p} {got}" for p, got in found.items() if got not in allowed]
    assert not failed
