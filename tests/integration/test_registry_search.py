"""Search forgives spelling, invents nothing, ends at the searcher's files, and keeps no name in clear."""

import pytest

from chassis.database.database import Database, engine_of
from chassis.security.vault import Vault
from services.registry.settings import RegistrySettings
from services.registry.usecases import search
from tests.support.builders import a_card
from tests.support.desks import Desk, Who


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


def enrolled(registry: Desk, who: Who, victim: str, perpetrator: str, plate: str, phone: str) -> str:
    path = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **who)['id']}"
    person = {"name": perpetrator, "vehicles": [{"text": "grey car", "plate": plate}]}
    body = a_card(card={"victim": {"name": victim, "phone": phone}, "perpetrators": [person]})
    registry.call("PUT", f"{path}/card", body, **who)
    return path.rpartition("/")[2]


SEARCHERS: Who = {"role": "file_manager", "zone": "search", "sub": "sien"}


@pytest.fixture(scope="module")
def searched(registry: Desk) -> dict[str, str]:
    """Files of one zone, and one like the first of another zone."""
    other: Who = {"role": "file_manager", "zone": "elsewhere"}
    enrolled(registry, other, "Katrien Vandenbroucke", "Yves Delcourt", "1-KVD-777", "+32470111111")
    return {
        name: enrolled(registry, SEARCHERS, name, *rest)
        for name, *rest in (
            ("Katrien Vandenbroucke", "Yves Delcourt", "1-KVD-777", "+32470112233"),
            ("Catherine Van den Broeck", "Joeri Peeters", "2-ABC-123", "+32475998877"),
            ("Özlem Yıldız", "Mehmet Şahin", "1-ÖZL-001", "+32486000111"),
            ("Chloé Lefèvre", "Jérôme Dupont", "1-CHL-234", "+3293001122"),
            ("Eva Urgent", "Koen Aerts", "2-EVA-345", "+32499123456"),
        )
    }


@pytest.mark.parametrize(
    ("text", "first", "by"),
    [
        ("Katrien Vandenbroucke", "Katrien Vandenbroucke", "victim"),
        ("katrin vandenbroeke", "Katrien Vandenbroucke", "victim"),
        ("Vandenbrouke", "Katrien Vandenbroucke", "victim"),
        ("Delcour Yves", "Katrien Vandenbroucke", "perpetrator"),
        ("Peters", "Catherine Van den Broeck", "perpetrator"),
        ("ozlem", "Özlem Yıldız", "victim"),
        ("lefevre", "Chloé Lefèvre", "victim"),
        ("Jerome Duppont", "Chloé Lefèvre", "perpetrator"),
        ("0470 11 22 33", "Katrien Vandenbroucke", "phone"),
        ("0032470112233", "Katrien Vandenbroucke", "phone"),
        ("0470 11 22 34", "Katrien Vandenbroucke", "phone"),
        ("09 300 11 22", "Chloé Lefèvre", "phone"),
        ("1KVD777", "Katrien Vandenbroucke", "plate"),
        ("1-KVD-771", "Katrien Vandenbroucke", "plate"),
        ("I-CHL-234", "Chloé Lefèvre", "plate"),
        # Two letters that changed places: in the middle, at the beginning, at the end.
        ("Urgnet", "Eva Urgent", "victim"),
        ("Rugent", "Eva Urgent", "victim"),
        ("Aerst Koen", "Eva Urgent", "perpetrator"),
        ("lfeevre", "Chloé Lefèvre", "victim"),
        ("0470 12 12 33", "Katrien Vandenbroucke", "phone"),
        ("1-KDV-777", "Katrien Vandenbroucke", "plate"),
    ],
)
def test_search_forgives_spelling(
    registry: Desk, searched: dict[str, str], text: str, first: str, by: str
) -> None:
    hits = registry.call("POST", "/v1/search", {"text": text}, **SEARCHERS)
    assert hits, "nothing found"
    assert (hits[0]["enrolment_id"], hits[0]["victim"]) == (searched[first], first)
    assert by in hits[0]["found_by"]


@pytest.mark.parametrize(
    "text", ["Wouter Claes", "0499 88 77 66", "9-ZZZ-999", "q", "- - -", "Katrien Dupont", "Gurnet"]
)
def test_search_does_not_invent(registry: Desk, searched: dict[str, str], text: str) -> None:
    assert registry.call("POST", "/v1/search", {"text": text}, **SEARCHERS) == []


def test_what_was_typed_right_comes_before_what_two_letters_must_change_places_for(registry: Desk) -> None:
    who: Who = {"role": "file_manager", "zone": "swapped"}
    swapped = enrolled(registry, who, "Eva Marite", "Koen Aerts", "1-AAA-112", "+32470000011")
    right = enrolled(registry, who, "Eva Martie", "Koen Aerts", "1-AAA-113", "+32470000012")
    hits = registry.call("POST", "/v1/search", {"text": "Martie"}, **who)
    assert [(hit["enrolment_id"], hit["likeness"]) for hit in hits] == [(right, 1.0), (swapped, 0.9)]


def test_search_ends_at_the_zone_and_at_a_conflict(registry: Desk, searched: dict[str, str]) -> None:
    def found(who: Who) -> list[str]:
        hits = registry.call("POST", "/v1/search", {"text": "Katrien Vandenbroucke"}, **who)
        return [hit["enrolment_id"] for hit in hits]

    assert found(SEARCHERS) == [searched["Katrien Vandenbroucke"]]
    conflicted: Who = {**SEARCHERS, "sub": "conflicted"}
    path = f"/v1/enrolments/{searched['Katrien Vandenbroucke']}"
    registry.call("POST", f"{path}/conflicts", {"reason": "sister"}, status=204, **conflicted)
    assert found(conflicted) == []
    assert found(SEARCHERS) != []


def test_a_new_card_is_found_by_what_it_says_now(registry: Desk) -> None:
    who: Who = {"role": "file_manager", "zone": "renamed"}
    known = enrolled(registry, who, "Lotte Verhaeghe", "Bram Smets", "1-AAA-111", "+32470000001")
    body = a_card(card={"victim": {"name": "Lotte De Smedt"}})
    registry.call("PUT", f"/v1/enrolments/{known}/card", body, **who)
    assert registry.call("POST", "/v1/search", {"text": "Verhaeghe"}, **who) == []
    assert len(registry.call("POST", "/v1/search", {"text": "De Smedt"}, **who)) == 1


def test_cards_from_before_the_search_are_indexed(
    registry: Desk, database: Database, registry_settings: RegistrySettings
) -> None:
    who: Who = {"role": "file_manager", "zone": "older"}
    known = enrolled(registry, who, "Mia Desmet", "Rik Bal", "1-BBB-222", "+32470000002")
    registry.execute(f"DELETE FROM search_pieces WHERE enrolment_id = '{known}'")
    registry.execute(f"UPDATE enrolment_files SET found_version = 0 WHERE id = '{known}'")
    assert registry.call("POST", "/v1/search", {"text": "Desmet"}, **who) == []
    key = registry_settings.pseudonym_key.get_secret_value().encode()
    with database.transaction() as tx:
        search.index_remaining(tx, Vault(registry_settings.vault_keys.get_secret_value()), key)
    assert len(registry.call("POST", "/v1/search", {"text": "Desmet"}, **who)) == 1


def test_nobody_reads_a_name_in_what_files_are_found_by(registry: Desk, searched: dict[str, str]) -> None:
    rows = registry.sql("SELECT kind, piece, pieces FROM search_pieces")
    assert len(rows) > 100
    assert all(len(piece) == 8 for _, piece, _ in rows)
    for name in ("Vandenbroucke", "vandenbroucke", "van"):
        assert name.encode() not in b"".join(bytes(piece) for _, piece, _ in rows)


def test_a_card_that_cannot_be_read_hides_no_other_file(
    registry: Desk, database: Database, registry_settings: RegistrySettings
) -> None:
    who: Who = {"role": "file_manager", "zone": "broken", "sub": "bart"}
    bad = enrolled(registry, who, "Ann Broken", "X Y", "1-AAA-111", "+32470000001")
    good = enrolled(registry, who, "Ann Broken", "X Y", "1-AAA-112", "+32470000002")
    registry.execute(f"UPDATE enrolment_files SET card = 'rubbish' WHERE id = '{bad}'")
    found = registry.call("POST", "/v1/search", {"text": "Ann Broken"}, **who)
    assert sorted(each["victim"] for each in found) == ["?", "Ann Broken"]
    listed = registry.call("GET", "/v1/enrolments", **who)
    assert {each["id"]: each["victim"] for each in listed} == {bad: "?", good: "Ann Broken"}
    registry.execute(f"UPDATE enrolment_files SET found_version = -1 WHERE id IN ('{bad}', '{good}')")
    key = registry_settings.pseudonym_key.get_secret_value().encode()
    with database.transaction() as tx:
        search.index_remaining(tx, Vault(registry_settings.vault_keys.get_secret_value()), key)
    left = registry.sql("SELECT id::text FROM enrolment_files WHERE found_version = -1")
    assert left == [(bad,)]
