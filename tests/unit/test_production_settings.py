"""Production starts with nothing of the development set-up."""

import pytest
from pydantic import ValidationError

from chassis.development import DEVELOPMENT_PREFIX
from chassis.settings import Settings
from chassis.vault import Vault, new_key
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
        ("oidc_issuer", "http://127.0.0.1:9000"),
        ("oidc_jwks_url", "http://127.0.0.1:9000/jwks.json"),
    ],
)
def test_what_comes_from_the_development_set_up_is_refused_by_name(field: str, value: str) -> None:
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


def test_a_marked_key_opens_what_it_sealed() -> None:
    key = new_key()
    sealed = Vault(f"1:{DEVELOPMENT_PREFIX}{key}").seal("here", {"a": 1})
    assert Vault(f"1:{key}").open("here", sealed) == {"a": 1}
