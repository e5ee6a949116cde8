"""Stands in for the identity provider of each partner, over HTTP; issuer.py needs no web framework."""

from secrets import compare_digest
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from tools.dev.issuer import CLIENTS, NARROWING, TOKEN_SECONDS, mint, signing_key
from tools.dev.issuer_codes import Codes, refused
from tools.runtime.native.layout import Layout


def create_app(layout: Layout | None = None, seconds: int = TOKEN_SECONDS) -> FastAPI:
    """Build an installation's issuer (default: STALKINGALARM_RUN_DIR's); people's tokens last `seconds`."""
    layout = layout or Layout.at()
    app = FastAPI(title="Development issuer", docs_url=None, redoc_url=None)
    key = signing_key(layout)
    public = {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": "Ed25519", "use": "sig"}

    @app.get("/.well-known/openid-configuration")
    def configuration(request: Request) -> dict[str, object]:
        """Say where to find the rest."""
        base = str(request.base_url).rstrip("/")
        return {
            "issuer": f"http://127.0.0.1:{layout.ports['issuer']}",
            "jwks_uri": f"{base}/jwks.json",
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "revocation_endpoint": f"{base}/revoke",
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
            "id_token_signing_alg_values_supported": ["Ed25519"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
        }

    @app.get("/jwks.json")
    def keys() -> dict[str, object]:
        """Publish the public key."""
        return {"keys": [public]}

    codes = Codes(layout, seconds)
    codes.add(app)

    @app.post("/token", response_model=None)
    async def token(request: Request) -> dict[str, object] | JSONResponse:
        """Issue a token to a client (RFC 6749, client credentials)."""
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") == "authorization_code":
            return codes.redeem(form)
        if form.get("grant_type") == "refresh_token":
            return codes.refresh(form)
        client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
        if form.get("grant_type") != "client_credentials":
            return refused(
                "unsupported_grant_type", "grant_type: client_credentials, authorization_code, refresh_token"
            )
        if client_id not in CLIENTS or not compare_digest(
            client_secret.encode(), layout.secret(f"client.{client_id}").encode()
        ):
            return refused("invalid_client", "client_id or client_secret: not known", 401)
        claims = dict(part.split(":", 1) for part in form.get("scope", "").split() if ":" in part)
        if unknown := set(claims) - set(NARROWING):
            return refused("invalid_scope", f"scope: {', '.join(sorted(unknown))} is not one")
        roles, partner = CLIENTS[client_id]
        access = mint(client_id, roles, partner, layout=layout, seconds=TOKEN_SECONDS, **claims)
        return {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    @app.post("/revoke")
    async def revoke(request: Request) -> dict[str, object]:
        """Revoke a refresh token: it is worth nothing any more."""
        codes.revoke(dict(parse_qsl((await request.body()).decode())))
        return {}

    return app
