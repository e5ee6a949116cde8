"""Where the services of an installation are, and the token of an auditor, for commands that ask them all."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from contracts.topology import SERVICES
from tools.dev import issuer
from tools.runtime.native.layout import SetupError
from tools.runtime.native.running import RunningSystem

# Service to its `url` and `public_key` (32 bytes, base64url).
Places = dict[str, dict[str, str]]


Installation = Annotated[
    Path | None,
    typer.Option(
        help="JSON file: service to {url, public_key}; the token of an auditor is in STALKINGALARM_TOKEN. "
        "Default: the system of this checkout."
    ),
]


def places_of(system: RunningSystem) -> tuple[Places, str]:
    """Find the services of a system of this checkout, and mint the token of an auditor."""
    from chassis.security.vault import public_key

    places = {
        service: {
            "url": system.url(service),
            "public_key": public_key(system.layout.secret(f"audit.{service}")),
        }
        for service in SERVICES
    }
    return places, issuer.mint("auditor", ["auditor"], layout=system.layout)


def read_installation(installation: Path) -> tuple[Places, str]:
    """Read an installation file, and the token of an auditor from the environment; raises SetupError."""
    try:
        places = json.loads(installation.read_text())
        given = {name: {"url": str(p["url"]), "public_key": str(p["public_key"])} for name, p in places.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise SetupError(f"{installation}: {type(error).__name__}: {error}") from None
    token = os.environ.get("STALKINGALARM_TOKEN")
    if not token:
        raise SetupError("STALKINGALARM_TOKEN: the bearer token of an auditor is needed")
    return given, token
