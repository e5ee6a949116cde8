"""The partner's identity provider, as a client of it: tokens for a code, new ones for old, none any more.

RFC 6749 sections 4.1.3 and 6, RFC 7009.
"""

import logging
from collections.abc import Mapping

import httpx

from chassis.errors import Retryable, Unauthenticated
from chassis.runtime.settings import PagesSettings

log = logging.getLogger(__name__)

_PATIENCE_S = 5.0


class SignInRefused(Unauthenticated):
    """What came back from the provider is not what was asked for."""


class Provider:
    """Asks the provider; every call waits for its answer."""

    def __init__(self, settings: PagesSettings) -> None:
        self._settings = settings

    def redeem(self, code: str, verifier: str, callback: str) -> Mapping[str, object]:
        """Exchange a code for tokens; raises `SignInRefused`, `Retryable` while the provider is away."""
        return self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": callback,
                "code_verifier": verifier,
            }
        )

    def refresh(self, refresh_token: str) -> Mapping[str, object]:
        """Exchange a refresh token for new tokens; raises as `redeem` does."""
        return self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def revoke(self, refresh_token: str) -> None:
        """Make this token worthless from now on; where the provider cannot be told, it runs out by itself."""
        if not self._settings.oidc_revocation_url:
            return
        body = {"token": refresh_token, "token_type_hint": "refresh_token", **self._ours()}
        try:
            httpx.post(self._settings.oidc_revocation_url, data=body, timeout=_PATIENCE_S).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("a session could not be revoked at the identity provider: %s", type(error).__name__)

    def _ours(self) -> dict[str, str]:
        secret = self._settings.oidc_client_secret
        return {
            "client_id": self._settings.oidc_client_id,
            **({"client_secret": secret.get_secret_value()} if secret else {}),
        }

    def _tokens(self, body: dict[str, str]) -> Mapping[str, object]:
        try:
            answer = httpx.post(
                str(self._settings.oidc_token_url), data={**body, **self._ours()}, timeout=_PATIENCE_S
            )
        except httpx.HTTPError:
            raise Retryable("the identity provider does not answer; try again") from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Retryable("the identity provider has a problem; try again")
        if answer.status_code != httpx.codes.OK:
            raise SignInRefused("the identity provider does not know this code", field="code")
        tokens: Mapping[str, object] = answer.json()
        return tokens
