"""What the broker loads at boot: virtual host, users, permissions, policies (no exchanges, queues)."""

import base64
import hashlib
from collections.abc import Mapping
from typing import TypedDict

from contracts import topology

ADMIN = "admin"


class User(TypedDict):
    """A user of the broker, with the salted digest of the password."""

    name: str
    password_hash: str
    hashing_algorithm: str
    tags: list[str]


class Permission(TypedDict):
    """What a user may do, by regular expressions over names."""

    user: str
    vhost: str
    configure: str
    write: str
    read: str


# `apply-to` is no name that a class body can hold.
Policy = TypedDict(
    "Policy",
    {
        "name": str,
        "vhost": str,
        "pattern": str,
        "apply-to": str,
        "priority": int,
        "definition": dict[str, str | int],
    },
)


class Definitions(TypedDict):
    """What RabbitMQ loads."""

    vhosts: list[dict[str, object]]
    users: list[User]
    permissions: list[Permission]
    policies: list[Policy]


def definitions(passwords: Mapping[str, str]) -> Definitions:
    """Write RabbitMQ's definitions, from the password of each user; `admin` may do everything."""
    permissions = [_permission(name) for name in passwords if name != ADMIN]
    kind = {"default_queue_type": "quorum"}
    return {
        # RabbitMQ 3.10 reads it in the metadata only, without a word; later versions beside the name.
        "vhosts": [{"name": topology.VHOST, "metadata": kind, **kind}],
        "users": [_user(name, password) for name, password in passwords.items()],
        "permissions": [
            {"user": ADMIN, "vhost": topology.VHOST, "configure": ".*", "write": ".*", "read": ".*"},
            *permissions,
        ],
        "policies": [_parking_policy(service) for service in topology.SERVICES],
    }


def _user(name: str, password: str) -> User:
    # The salt depends on the password alone: an unchanged file is not imported again at boot.
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    digest = salt + hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["administrator"] if name == ADMIN else [],
    }


def _permission(service: str) -> Permission:
    """Let a service write its exchanges, read its queues, and declare only what is transient."""
    exchanges = "|".join(name.replace(".", r"\.") for name in topology.WRITES[service])
    own = rf"{service}\..*|amq\.gen.*"
    rooms = r"|cic\..*" if service == "dispatch" else ""
    return {
        "user": service,
        "vhost": topology.VHOST,
        "configure": rf"^(amq\.gen.*|{service}\.live\..*{rooms})$",
        "write": rf"^({exchanges}|retry\.{service}\..*|{own}{rooms})$",
        "read": rf"^({own})$",
    }


def _parking_policy(service: str) -> Policy:
    """Send what the broker gives up on to the parking queue of the service that reads it."""
    return {
        "name": f"{service}-parking",
        "vhost": topology.VHOST,
        "pattern": rf"^{service}\.(?!parking$|live\.)",
        "apply-to": "queues",
        "priority": 1,
        "definition": {
            "dead-letter-exchange": topology.parking(service),
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
            "delivery-limit": topology.DELIVERY_LIMIT,
        },
    }
