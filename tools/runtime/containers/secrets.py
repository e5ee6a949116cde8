"""The secrets of an installation as files, a folder for each who may read them; Compose mounts single files."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from contracts import topology
from tools.dev import issuer
from tools.runtime.native import plan, postgres, rabbitmq
from tools.runtime.native.definitions import ADMIN, definitions
from tools.runtime.native.layout import SERVICES, Layout

# What a process of a service reads, if its service has it: names as in chassis/runtime/settings.py.
OF_A_SERVICE = (
    *("database_url", "broker_url", "vault_keys", "audit_key", "pseudonym_key", "service_client_secret"),
    *("chain_approach_token", "chain_approach_secret"),
)


def folder(layout: Layout) -> Path:
    """Make their folder. Nobody but the owner may enter; the files can be read by the users in containers."""
    path = layout.run / "secrets"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def write(layout: Layout) -> Path:
    """Write all secrets of the installation, with the addresses that containers see; returns their folder."""
    root = folder(layout)
    for service in SERVICES:
        env = plan.environment(layout, service)
        env["DATABASE_URL"] = _at(env["DATABASE_URL"], "postgres:5432")
        env["BROKER_URL"] = _at(env["BROKER_URL"], "rabbitmq:5672")
        for name in OF_A_SERVICE:
            if value := env.get(name.upper()):
                _write(root / service / name, value)
    _write(root / "postgres/password", layout.secret("postgres.admin"))
    _write(root / "postgres/admin_url", _at(postgres.admin_url(layout), "postgres:5432"))
    _write(root / "rabbitmq/admin_url", _at(rabbitmq.broker_url(layout), "rabbitmq:5672"))
    _write(root / "rabbitmq/cookie", layout.secret("erlang.cookie"))
    passwords = {user: layout.secret(f"rabbitmq.{user}") for user in (ADMIN, *topology.SERVICES)}
    _write(root / "rabbitmq/definitions", json.dumps(definitions(passwords)))
    # Some of the tools find what they need in an installation of their own, which holds no more than that.
    _write(root / "installation/ports", json.dumps(layout.ports))
    issuer.signing_key(layout)
    _write_some(layout, "installation/issuer", ["issuer.key", *(f"client.{name}" for name in issuer.CLIENTS)])
    _write_some(layout, "installation/ketenaanpak", ["ketenaanpak.token"])
    _write_some(layout, "installation/databases", [f"postgres.{service}" for service in SERVICES])
    return root


def _at(url: str, address: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{address}").geturl()


def _write_some(layout: Layout, name: str, secrets: list[str]) -> None:
    _write(folder(layout) / name, json.dumps({secret: layout.secret(secret) for secret in secrets}))


def _write(path: Path, text: str) -> None:
    """Write in place: a running container has the file itself mounted, and would go on reading the old one."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w") as out:
        out.write(text)
    path.chmod(0o644)
