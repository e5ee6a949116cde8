"""Stands in for the identity provider of each partner: tokens that give anyone on this machine any role.

Never for production.
"""

import time
from collections.abc import Iterable
from functools import cache

from joserfc import jwt
from joserfc.jwk import OKPKey

from tools.runtime.native.layout import SERVICES, Layout

AUDIENCE = "stalkingalarm"
TOKEN_SECONDS = 3600
# What a caller may narrow itself to, as scopes `cic:<id>`, `zone:<id>`, `unit:<id>`, `district:<name>`.
NARROWING = ("cic", "zone", "unit", "district")

# Where people of pages sign in; public, so PKCE is what proves it.
PAGES_CLIENT = "stalkingalarm-pages"
# Who may be chosen at the development sign-in: key -> what the page says, roles, claims.
PEOPLE: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "operator": ("Operator, CIC Oost-Vlaanderen", ("operator",), {"cic": "cic-oost-vlaanderen"}),
    "supervisor": (
        "Supervisor, CIC Oost-Vlaanderen",
        ("operator", "supervisor"),
        {"cic": "cic-oost-vlaanderen"},
    ),
    "operator-brussel": ("Operator, CIC Brussel", ("operator",), {"cic": "cic-brussel"}),
    "file-manager": (
        "File manager, police zone Gent 1",
        ("file_manager",),
        {"partner": "police", "zone": "gent-1"},
    ),
    "file-manager-aalst": (
        "File manager, police zone Aalst 1",
        ("file_manager",),
        {"partner": "police", "zone": "aalst-1"},
    ),
    "technician": ("Technician, police zone Gent 1", ("technician",), {"partner": "police", "zone": "gent-1"}),
    "secretariat": (
        "Secretariat of the committee of Gent, city",
        ("secretariat",),
        {"partner": "city", "district": "Gent"},
    ),
    "member-police": (
        "Member of the committee of Gent, police",
        ("committee",),
        {"partner": "police", "district": "Gent"},
    ),
    "magistrate": (
        "Magistrate on duty, parket Gent",
        ("magistrate",),
        {"partner": "parket", "district": "Gent"},
    ),
    "procureur": (
        "Procureur des Konings, parket Gent",
        ("procureur",),
        {"partner": "parket", "district": "Gent"},
    ),
    "magistrate-antwerpen": (
        "Magistrate on duty, parket Antwerpen",
        ("magistrate",),
        {"partner": "parket", "district": "Antwerpen"},
    ),
    "procureur-generaal": ("Procureur-generaal", ("procureur_general",), {"partner": "parket-generaal"}),
    "victim-support": (
        "Victim support, Gent",
        ("follow_up",),
        {"partner": "victim-support", "district": "Gent"},
    ),
    "device-desk": ("Desk that watches over devices", ("device_desk",), {}),
    "auditor": ("Auditor", ("auditor",), {}),
}

# Clients besides the services: name -> roles and partner. Their secrets are made at random.
CLIENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "control-room": (("operator",), "cic"),
    "patrol": (("unit",), "police"),
    "gateway": (("gateway",), "cic"),
    "file-manager": (("file_manager",), "police"),
    "secretariat": (("committee",), "committee"),
    **{service: (("service",), service) for service in SERVICES},
}


@cache
def signing_key(layout: Layout) -> OKPKey:
    """Load the installation's own key, made on first use."""

    def make() -> str:
        key = OKPKey.generate_key("Ed25519", {"use": "sig"})
        return str(key.as_pem(private=True), "ascii")

    return OKPKey.import_key(layout.secret("issuer.key", make), {"use": "sig", "alg": "Ed25519"})


def mint(
    subject: str,
    roles: Iterable[str],
    partner: str | None = None,
    *,
    layout: Layout | None = None,
    seconds: int = TOKEN_SECONDS,
    cic: str | None = None,
    zone: str | None = None,
    unit: str | None = None,
    district: str | None = None,
) -> str:
    """Mint a signed token, valid `seconds`. Default installation: this checkout's."""
    layout, now = layout or Layout.at(), int(time.time())
    key = signing_key(layout)
    body: dict[str, object] = {
        "iss": f"http://127.0.0.1:{layout.ports['issuer']}",
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + seconds,
        "roles": list(roles),
    }
    body |= {
        name: value
        for name, value in (
            ("partner", partner),
            ("cic", cic),
            ("zone", zone),
            ("unit", unit),
            ("district", district),
        )
        if value
    }
    return _signed(key, body)


def identify(subject: str, nonce: str, *, layout: Layout, seconds: int = TOKEN_SECONDS) -> str:
    """Mint an ID token (OpenID Connect Core 1.0) for the pages, valid `seconds`."""
    now = int(time.time())
    return _signed(
        signing_key(layout),
        {
            "iss": f"http://127.0.0.1:{layout.ports['issuer']}",
            "aud": PAGES_CLIENT,
            "sub": subject,
            "iat": now,
            "exp": now + seconds,
            "nonce": nonce,
        },
    )


def _signed(key: OKPKey, body: dict[str, object]) -> str:
    return jwt.encode({"alg": "Ed25519", "kid": key.thumbprint()}, body, key, algorithms=["Ed25519"])
