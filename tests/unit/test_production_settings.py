"""Production starts with nothing of the development set-up."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from chassis.development import DEVELOPMENT_PREFIX
from chassis.settings import Settings
from chassis.vault import Vault, new_key
from services.committee.settings import CommitteeSettings
from stalkingalarm.embedded import plan
from stalkingalarm.embedded.layout import Layout

SOUND = {
    "environment": "production",
    "service": "dispatch",
    "database_url": "postgresql+psycopg://dispatch:secret@db/dispatch",
    "broker_url": "amqps://dispatch:secret@broker",
    "vault_keys": f"1:{new_key()}",
    "audit_key": new_key(),
    "oidc_issuer": "https://id.example",
    "oidc_jwks_url": "https://id.example/jwks.json",
}


def test_production_settings_are_taken() -> None:
    assert Settings.model_validate(SOUND).environment == "production"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("database_url", f"postgresql+psycopg://dispatch:{DEVELOPMENT_PREFIX}x@db/dispatch"),
        ("broker_url", f"amqp://dispatch:{DEVELOPMENT_PREFIX}x@broker"),
        ("vault_keys", f"1:{DEVELOPMENT_PREFIX}{new_key()}"),
        ("audit_key", f"{DEVELOPMENT_PREFIX}{new_key()}"),
        ("partner_networks", ["127.0.0.0/8"]),
        ("oidc_issuer", "http://127.0.0.1:9000"),
        ("oidc_jwks_url", "http://127.0.0.1:9000/jwks.json"),
    ],
)
def test_what_comes_from_the_development_set_up_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Settings.model_validate(SOUND | {field: value})
    assert Settings.model_validate(SOUND | {field: value, "environment": "development"})


def test_everything_that_the_embedded_system_tells_a_service_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    told = plan.environment(Layout.at(tmp_path_factory.mktemp("run")), "dispatch")
    for field in ("database_url", "broker_url", "vault_keys", "audit_key", "oidc_issuer", "oidc_jwks_url"):
        with pytest.raises(ValidationError, match=field):
            Settings.model_validate(SOUND | {field: told[field.upper()]})


def test_a_committee_is_connected_to_a_chain_approach_or_not(tmp_path: Path) -> None:
    told = plan.environment(Layout.at(tmp_path), "committee")
    of_ours = {name.lower(): value for name, value in told.items() if name.startswith("CHAIN_APPROACH")}
    sound = {
        "chain_approach_url": "https://keten.example",
        "chain_approach_token": "x",
        "chain_approach_secret": "whsec_eA==",
    }
    assert CommitteeSettings.model_validate(SOUND | sound).chain_approach_url == "https://keten.example"
    for field, value in of_ours.items():
        with pytest.raises(ValidationError, match=field):
            CommitteeSettings.model_validate(SOUND | sound | {field: value})
        with pytest.raises(ValidationError, match="give the url, the token and the secret"):
            CommitteeSettings.model_validate(SOUND | sound | {field: ""})
    # As containers are told where there is none.
    alone = CommitteeSettings.model_validate(SOUND | dict.fromkeys(sound, ""))
    assert [getattr(alone, field) for field in sound] == [None, None, None]


def test_a_marked_key_opens_what_it_sealed() -> None:
    key = new_key()
    sealed = Vault(f"1:{DEVELOPMENT_PREFIX}{key}").seal("here", {"a": 1})
    assert Vault(f"1:{key}").open("here", sealed) == {"a": 1}
