"""Production starts with nothing of the development set-up."""

import base64
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from chassis.messaging.broker_address import connection_arguments
from chassis.runtime.development import DEVELOPMENT_PREFIX
from chassis.runtime.settings import Settings
from chassis.security.vault import Vault, new_key
from services.committee.settings import CommitteeSettings
from tests.support.sound_settings import ONE, OTHER, SOUND
from tools.runtime.native import plan
from tools.runtime.native.layout import Layout

ROOT = Path(__file__).resolve().parents[2]


def test_production_settings_are_taken() -> None:
    assert Settings.model_validate(SOUND).environment == "production"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("database_url", f"postgresql+psycopg://dispatch:{DEVELOPMENT_PREFIX}x@db/dispatch"),
        ("broker_url", f"amqp://dispatch:{DEVELOPMENT_PREFIX}x@broker"),
        ("vault_keys", f"1:{DEVELOPMENT_PREFIX}{ONE}"),
        ("audit_key", f"{DEVELOPMENT_PREFIX}{OTHER}"),
        ("partner_networks", ["127.0.0.0/8"]),
        ("oidc_issuer", "http://127.0.0.1:9000"),
        ("oidc_jwks_url", "http://127.0.0.1:9000/jwks.json"),
    ],
)
def test_what_comes_from_the_development_set_up_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Settings.model_validate(SOUND | {field: value})
    assert Settings.model_validate(SOUND | {field: value, "environment": "development"})


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("broker_url", "amqp://dispatch:secret@broker"),
        ("database_url", "postgresql+psycopg://dispatch:secret@db/dispatch"),
        ("database_url", "postgresql+psycopg://dispatch:secret@db/dispatch?sslmode=prefer"),
        ("database_url", "postgresql+psycopg://dispatch:secret@db/dispatch?sslmode=require"),
        ("vault_keys", f"1:{encoded(b'secret-secret-16')}"),
        ("vault_keys", f"1:{encoded(bytes(32))}"),
        ("vault_keys", f"1:{encoded(b'password' * 4)}"),
        ("vault_keys", f"1:{ONE},2:{encoded(b'x' * 32)}:opens"),
        ("vault_keys", f"1:{SOUND['audit_key']},2:{SOUND['audit_key']}"),
        ("audit_key", encoded(bytes(32))),
    ],
)
def test_what_is_weak_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(ValidationError, match=field) as refusal:
        Settings.model_validate(SOUND | {field: value})
    # What is written into a log at the start holds no secret.
    assert all(secret not in str(refusal.value) for secret in (value[2:20], SOUND["audit_key"]))
    assert Settings.model_validate(SOUND | {field: value, "environment": "development"})


def test_a_database_on_a_socket_of_this_machine_needs_no_certificate() -> None:
    url = "postgresql+psycopg://dispatch@/dispatch?host=/var/run/postgresql"
    assert Settings.model_validate(SOUND | {"database_url": url})


def test_the_broker_over_tls_has_its_own_port_and_must_be_who_it_says() -> None:
    told = connection_arguments("amqps://dispatch:s%40cret@broker/stalkingalarm")
    assert told == {
        "host": "broker:5671",
        "userid": "dispatch",
        "password": "s@cret",
        "virtual_host": "stalkingalarm",
        "ssl": {"server_hostname": "broker"},
    }
    assert connection_arguments("amqp://x@broker")["host"] == "broker:5672"
    assert connection_arguments("amqps://x@broker:5673")["host"] == "broker:5673"
    assert connection_arguments("amqp://x@broker")["ssl"] is False


def test_everything_that_the_embedded_system_tells_a_service_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    told = plan.environment(Layout.at(tmp_path_factory.mktemp("run")), "dispatch")
    for field in ("database_url", "broker_url", "vault_keys", "audit_key", "oidc_issuer", "oidc_jwks_url"):
        with pytest.raises(ValidationError, match=field):
            Settings.model_validate(SOUND | {field: told[field.upper()]})


def test_nobody_is_believed_about_where_a_request_comes_from_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn believes whoever is on this machine, and with it who tries to sign in again and again."""
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    value = plan.environment(Layout.at(tmp_path), "dispatch")["FORWARDED_ALLOW_IPS"]
    common = yaml.safe_load((ROOT / "infra/compose/common.yaml").read_text())
    assert common["services"]["api"]["environment"]["FORWARDED_ALLOW_IPS"] == "${FORWARDED_ALLOW_IPS:-}"
    believed = ProxyHeadersMiddleware(None, trusted_hosts=value).trusted_hosts  # type: ignore[arg-type]
    assert "127.0.0.1" not in believed
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.7")
    assert plan.environment(Layout.at(tmp_path), "dispatch")["FORWARDED_ALLOW_IPS"] == "10.0.0.7"


def test_no_answer_tells_what_serves_it(tmp_path: Path) -> None:
    common = yaml.safe_load((ROOT / "infra/compose/common.yaml").read_text())
    told = common["services"]["api"]["environment"]
    options = {name.removeprefix("UVICORN_").lower(): value for name, value in told.items()}
    assert options["server_header"] == "false"
    served = [spec for spec in plan.plan(Layout.at(tmp_path)) if "uvicorn" in spec.command]
    assert served
    assert all("--no-server-header" in spec.command for spec in served)


def test_containers_are_in_production_unless_told() -> None:
    """The file that comes with the project must not make a partner's machine a development one."""
    entries = [line.partition("=")[0] for line in (ROOT / ".env").read_text().splitlines() if "=" in line]
    assert "ENVIRONMENT" not in entries
    common = yaml.safe_load((ROOT / "infra/compose/common.yaml").read_text())
    assert common["services"]["process"]["environment"]["ENVIRONMENT"] == "${ENVIRONMENT:-production}"


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


def test_a_marked_key_decrypts_what_it_encrypted() -> None:
    key = new_key()
    encrypted = Vault(f"1:{DEVELOPMENT_PREFIX}{key}").encrypt("here", {"a": 1})
    assert Vault(f"1:{key}").decrypt("here", encrypted) == {"a": 1}
