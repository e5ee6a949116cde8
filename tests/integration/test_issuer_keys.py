"""The provider's keys: rotated under our eyes; a provider that hangs or is away stops nobody who is known."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc.jwk import OctKey

from chassis.errors import Unauthenticated
from chassis.security import jwks as chassis_issuer
from chassis.security.auth import Verifier
from services.registry.settings import RegistrySettings
from tests.support.desks import environment
from tests.support.tokens import Issuer

NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@pytest.fixture
def provider() -> Iterator[Issuer]:
    with Issuer() as started:
        yield started


@pytest.fixture
def verifier(provider: Issuer) -> Verifier:
    return Verifier(RegistrySettings.model_validate(environment(provider, NO_DATABASE)))


def waited(ask: Callable[[], object]) -> float:
    """Seconds that an answer took."""
    begun = time.monotonic()
    ask()
    return time.monotonic() - begun


def test_a_key_that_was_rotated_in_is_read_at_once_and_the_old_one_is_believed_no_more(
    provider: Issuer, verifier: Verifier
) -> None:
    old = provider.token("operator")
    assert verifier.caller(old).roles == {"operator"}
    provider.rotate()
    time.sleep(chassis_issuer._REST_S)
    # Everybody comes at once; all get in, and the provider is asked once.
    asked = provider.asked
    with ThreadPoolExecutor(8) as pool:
        callers = list(pool.map(verifier.caller, [provider.token("operator")] * 8))
    assert {caller.subject for caller in callers} == {"test-operator"}
    assert provider.asked == asked + 1
    with pytest.raises(Unauthenticated):
        verifier.caller(old)


def test_a_provider_that_hangs_keeps_nobody_waiting_whose_key_is_known(
    provider: Issuer, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.token("operator")
    verifier.caller(token)
    provider.takes_s = 10
    # The keys are old now, and are asked for beside the requests.
    monkeypatch.setattr(chassis_issuer, "_MAX_AGE_S", -1.0)
    time.sleep(chassis_issuer._REST_S)
    assert waited(lambda: [verifier.caller(token) for _ in range(20)]) < chassis_issuer._TIMEOUT_S
    deadline = time.monotonic() + 5
    while provider.asked < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert provider.asked == 2


def test_a_flood_of_unknown_tokens_waits_once_for_a_provider_that_hangs(
    provider: Issuer, verifier: Verifier
) -> None:
    token = provider.token("operator")
    verifier.caller(token)
    provider.takes_s = 10
    provider.rotate()
    unknown = provider.token("operator")

    def refused() -> None:
        with pytest.raises(Unauthenticated):
            verifier.caller(unknown)

    time.sleep(chassis_issuer._REST_S)
    with ThreadPoolExecutor(8) as pool:
        took = waited(lambda: [each.result() for each in [pool.submit(refused) for _ in range(8)]])
        assert took < 2 * chassis_issuer._TIMEOUT_S
        assert waited(lambda: verifier.caller(token)) < chassis_issuer._TIMEOUT_S / 2
    assert provider.asked == 2


def test_while_no_key_was_ever_read_nobody_gets_in_and_then_everybody(provider: Issuer) -> None:
    known = environment(provider, NO_DATABASE)
    lost = Verifier(RegistrySettings.model_validate({**known, "oidc_jwks_url": "http://127.0.0.1:1/jwks"}))
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            lost.caller(provider.token("operator"))
    here = Verifier(RegistrySettings.model_validate(known))
    assert here.caller(provider.token("operator")).roles == {"operator"}
    with pytest.raises(Unauthenticated):
        here.caller(provider.forged("operator"))


@pytest.mark.parametrize("algorithm", ["Ed25519", "ES256", "ES384", "PS256", "PS384", "RS256", "RS384"])
def test_partners_sign_with_what_their_provider_has(provider: Issuer, algorithm: str) -> None:
    provider.rotate(algorithm)
    here = Verifier(RegistrySettings.model_validate(environment(provider, NO_DATABASE)))
    assert here.caller(provider.token("operator")).roles == {"operator"}


EC = {"kty": "EC", "crv": "P-256", "kid": "ec"}
ODD_KEYS: list[object] = [
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "post-quantum"},
    {"kty": "OKP", "kid": "no-curve", "x": "AAAA"},
    {"kty": "OKP", "crv": "Ed448", "kid": "no-point"},
    {"kty": "OKP", "crv": "Ed25519", "kid": "short", "x": "AAAA"},
    {"kty": "OKP", "crv": "X25519", "kid": "exchange", "x": "A" * 43},
    {"kty": "OKP", "crv": "Ed999", "kid": "curve", "x": "A" * 43},
    EC | {"crv": "brainpoolP256r1", "x": "AAAA", "y": "AAAA"},
    EC | {"x": "AAAA", "y": "AAAA"},
    {"kty": "RSA", "kid": "rsa", "n": "", "e": "AQAB"},
    {"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": 65537},
    {"kty": "oct", "kid": "shared", "k": "AAAA"},
    {"kty": ["OKP"], "kid": "list"},
    {"kid": "nothing"},
    {"kty": "OKP", "crv": "Ed25519", "use": "tls", "key_ops": ["verify"], "kid": "use", "x": "A" * 43},
    {"kty": "OKP", "crv": "Ed25519", "use": "enc", "kid": "test-1", "x": "A" * 43},
    {"kty": "OKP", "crv": "Ed25519", "kid": 7, "x": "A" * 43},
    {},
    [],
    "key",
    None,
]


@pytest.mark.parametrize("odd", ODD_KEYS, ids=repr)
def test_a_key_that_nobody_can_use_refuses_only_itself(
    provider: Issuer, verifier: Verifier, odd: object
) -> None:
    provider.others = [odd]
    assert verifier.caller(provider.token("operator")).roles == {"operator"}
    with pytest.raises(Unauthenticated):
        verifier.caller(provider.forged("operator"))


def test_a_set_without_a_key_of_use_leaves_the_known_ones(
    provider: Issuer, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.token("operator")
    verifier.caller(token)
    monkeypatch.setattr(provider, "_key", OctKey.generate_key())
    time.sleep(chassis_issuer._REST_S)
    with pytest.raises(Unauthenticated):
        verifier.caller(provider.forged("operator"))
    assert provider.asked == 2
    assert verifier.caller(token).roles == {"operator"}


@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize("ahead_s", [60, 86_400])
def test_whoever_signed_in_before_our_clock_was_put_back_gets_in(
    provider: Issuer, verifier: Verifier, claim: str, ahead_s: int
) -> None:
    token = provider.token("unit", **{claim: int(time.time()) + ahead_s})
    assert verifier.caller(token).roles == {"unit"}


def test_a_single_role_may_be_a_text(provider: Issuer, verifier: Verifier) -> None:
    assert verifier.caller(provider.token(roles="operator")).roles == {"operator"}


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("roles", {"a": True}),
        ("roles", [["operator"]]),
        ("roles", None),
        ("zone", ["z1"]),
        ("partner", 7),
    ],
)
def test_a_claim_of_another_shape_is_refused_by_name(
    provider: Issuer, verifier: Verifier, claim: str, value: object
) -> None:
    with pytest.raises(Unauthenticated, match=f"`{claim}`"):
        verifier.caller(provider.token("operator", **{claim: value}))
