"""The one settings pattern: environment variables, or files for secrets; typed, no secret with a default."""

import os
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.runtime.development import DEVELOPMENT_PREFIX
from chassis.security.vault import are_random, is_random, signing_key

T = TypeVar("T")


def _listed(value: object) -> object:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


# Several values in one variable: with commas between them.
Listed = Annotated[T, NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """What every service needs. A service adds its own fields in its settings.py."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "production"] = "production"
    service: str
    database_url: SecretStr
    broker_url: SecretStr
    # Keys for personal data at rest: "1:<base64url of 32 bytes>,2:..."; the highest version encrypts.
    vault_keys: SecretStr
    # What the audit log is signed with: 32 bytes, base64url (Ed25519).
    audit_key: SecretStr
    oidc_issuer: str
    oidc_audience: str = "stalkingalarm"
    oidc_jwks_url: str
    api_host: str = "127.0.0.1"
    api_port: int = 8000
    # Where partners may be besides the public internet (chassis/http/egress.py): for development and tests.
    partner_networks: Listed[tuple[IPv4Network | IPv6Network, ...]] = ()
    database_pool: int = Field(default=12, ge=1)
    statement_timeout_ms: int = Field(default=3000, ge=100)

    @property
    def production(self) -> bool:
        """Whether people rely on it: certificates are there, and nothing of the development set-up may be."""
        return self.environment == "production"

    @field_validator("audit_key")
    @classmethod
    def refuse_what_cannot_sign(cls, value: SecretStr) -> SecretStr:
        """Refuse a bad key at start, not at the first signature."""
        try:
            signing_key(value.get_secret_value())
        except ValueError:
            raise ValueError("must be 32 bytes, base64url") from None
        return value

    @model_validator(mode="after")
    def refuse_development_means(self) -> Self:
        """Refuse secrets and issuer of the development set-up outside development mode."""
        if self.production:
            for name, value in self:
                if isinstance(value, SecretStr) and DEVELOPMENT_PREFIX in value.get_secret_value():
                    message = f"{name}: a development secret outside development mode"
                    raise ValueError(message)
            if self.partner_networks:
                raise ValueError("partner_networks: only in development mode")
            for name in ("oidc_issuer", "oidc_jwks_url"):
                if not getattr(self, name).startswith("https://"):
                    message = f"{name}: must be https:// outside development mode"
                    raise ValueError(message)
            self._refuse_weak_means()
        return self

    def _refuse_weak_means(self) -> None:
        """Refuse, in production, what travels in clear or rests under a key that somebody made up."""
        if urlsplit(self.broker_url.get_secret_value()).scheme != "amqps":
            raise ValueError("broker_url: must be amqps:// outside development mode")
        parts = urlsplit(self.database_url.get_secret_value())
        values = dict(parse_qsl(parts.query))
        by_socket = not parts.hostname and values.get("host", "").startswith("/")
        if not by_socket and values.get("sslmode") not in ("verify-ca", "verify-full"):
            raise ValueError("database_url: needs sslmode=verify-full or verify-ca outside development mode")
        if not are_random(self.vault_keys.get_secret_value()):
            raise ValueError("vault_keys: each must be 32 random bytes of its own (base64url)")
        if not is_random(self.audit_key.get_secret_value()):
            raise ValueError("audit_key: must be 32 random bytes (base64url)")


class PagesSettings(Settings):
    """What a service with pages needs besides: where people sign in (OpenID Connect) and where we are found.

    Without `oidc_authorization_url` nobody signs in here, and the API takes bearer tokens only. A session ends
    `session_idle` after the last request, and `session_lasts` after it began (ISO 8601 or seconds).
    """

    public_url: str = "http://127.0.0.1:8000"
    oidc_authorization_url: str | None = None
    oidc_token_url: str | None = None
    oidc_client_id: str = "stalkingalarm-pages"
    # For providers that want more than PKCE.
    oidc_client_secret: SecretStr | None = None
    # Some providers give no refresh token without `offline_access`: then a session ends with its token.
    oidc_scope: str = "openid"
    oidc_revocation_url: str | None = None
    session_idle: timedelta = Field(default=timedelta(minutes=30), gt=timedelta(0))
    session_lasts: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0), le=timedelta(days=1))
    signins_a_minute: int = Field(default=60, ge=1)

    @model_validator(mode="after")
    def refuse_half_a_sign_in(self) -> Self:
        """Refuse one address without the other, and in production any in clear."""
        if (self.oidc_authorization_url is None) != (self.oidc_token_url is None):
            raise ValueError("oidc_authorization_url and oidc_token_url: give both")
        if self.production and self.oidc_authorization_url is not None:
            for name in ("oidc_authorization_url", "oidc_token_url", "oidc_revocation_url", "public_url"):
                if not (getattr(self, name) or "https://").startswith("https://"):
                    message = f"{name}: must be https:// outside development mode"
                    raise ValueError(message)
        return self


class CallingSettings(Settings):
    """What a service needs besides that calls others: who it is to them (chassis/security/service_token.py).

    By client credentials of the identity provider. `service_token`: a fixed one, for providers that have none;
    where both are given it serves until the first one was got.
    """

    oidc_token_url: str | None = None
    # The name of the service where nothing is said.
    service_client_id: str | None = None
    service_client_secret: SecretStr | None = None
    service_scope: str = ""
    service_token: SecretStr | None = None

    @model_validator(mode="after")
    def refuse_to_be_nobody(self) -> Self:
        """Require credentials and where they are taken, or a fixed token; in production never in clear."""
        if self.service_client_secret is None and self.service_token is None:
            raise ValueError("service_client_secret: give it, or a service_token")
        if self.service_client_secret is not None and self.oidc_token_url is None:
            raise ValueError("oidc_token_url: where is service_client_secret taken?")
        if self.production and not (self.oidc_token_url or "https://").startswith("https://"):
            raise ValueError("oidc_token_url: must be https:// outside development mode")
        return self


S = TypeVar("S", bound=Settings)


@cache
def load(kind: type[S]) -> S:
    """Read environment and files once per process; raises pydantic's ValidationError naming what is missing."""
    return kind(_secrets_dir=secrets_folder())


def secrets_folder() -> Path | None:
    """Read SECRETS_DIR: a folder with one file a secret, named as its field. A variable of the name wins."""
    named = os.environ.get("SECRETS_DIR")
    return Path(named) if named else None


def secret(name: str) -> str:
    """Read one secret where no other setting is needed; raises KeyError if no variable or file holds it."""
    if value := os.environ.get(name.upper()):
        return value
    folder = secrets_folder()
    if folder is None or not (folder / name).exists():
        raise KeyError(name.upper())
    return (folder / name).read_text().strip()
