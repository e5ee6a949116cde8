"""Secrets come from files where the environment would show them to anybody who looks at the container."""

from pathlib import Path

import pytest

from chassis.runtime.settings import Settings, load, secret
from tests.support.sound_settings import SOUND

SECRET = ("database_url", "broker_url", "vault_keys", "audit_key")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets, each with the line end that an editor leaves; all else is in the environment."""
    for name, value in SOUND.items():
        monkeypatch.delenv(name.upper(), raising=False)
        if name in SECRET:
            (tmp_path / name).write_text(f"{value}\n")
        else:
            monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    load.cache_clear()
    return tmp_path


def test_settings_read_secrets_from_files(folder: Path) -> None:
    settings = load(Settings)
    for name in SECRET:
        assert getattr(settings, name).get_secret_value() == SOUND[name] == secret(name)


def test_a_variable_wins_over_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "amqps://other")
    assert load(Settings).broker_url.get_secret_value() == "amqps://other" == secret("broker_url")


def test_a_missing_secret_is_named(folder: Path) -> None:
    (folder / "database_url").unlink()
    with pytest.raises(KeyError, match="DATABASE_URL"):
        secret("database_url")
    with pytest.raises(ValueError, match="database_url"):
        load(Settings)
