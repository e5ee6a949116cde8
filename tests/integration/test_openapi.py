"""Whatever a caller sends, allowed by the documentation of an API or not: never a fault of ours."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.transport.serialization import serialize_binary

from tests.support.alarm import AlarmApi
from tests.support.apis import APIS, EVERY_ROLE
from tests.support.broker import Broker
from tests.support.chain_partner import ChainPartner
from tests.support.desks import desk, environment
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer


@schemathesis.serializer("application/jose", "text/csv", "image/jpeg", "image/png", "image/webp")
def as_it_is(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """Bodies that are no JSON."""
    return serialize_binary(value)


# They go on for ever.
ENDLESS = ("stream",)


WORD = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=3),
)
ID = st.uuids().map(str)
TEXT = st.just("she signed the form")
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "elements": st.dictionaries(st.just("harassment"), TEXT) | JSON,
        "pv_numbers": st.lists(TEXT, max_size=2) | JSON,
        "urgency": TEXT | JSON,
        "risk_level": JSON,
    },
)
WEBHOOKS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "referral.answered": st.fixed_dictionaries(
        {"id": ID | JSON, "accepted": st.booleans() | JSON}, optional={"remarks": JSON}
    ),
    "case.referred": st.fixed_dictionaries(
        {
            "id": ID,
            "enrolment_id": ID,
            "basis": st.sampled_from(["consent", "legal_ground", "none"]),
            "grounds": TEXT | JSON,
            "fields": FIELDS | FIELDS | JSON,
        },
        optional={"side_by_side": st.booleans() | JSON},
    ),
}
# Where the body is read as it comes: what is sent there is documented all the same.
RAW_BODIES = {
    *("/v1/enrolments/{enrolment_id}/photos", "/v1/imports", "/v1/chain-approach/webhook"),
    *("/v1/presses", "/v1/heartbeats", "/v1/alarms/{alarm_id}/fixes", "/v1/alarms/{alarm_id}/cancel"),
}


@pytest.mark.parametrize("service", APIS)
def test_no_input_is_a_fault_of_ours(service: str, cluster: Cluster, issuer: Issuer) -> None:
    with ChainPartner() as partner:
        app = APIS[service](environment(issuer, cluster.database(service)) | partner.settings())
        try_all(schemathesis.openapi.from_asgi("/openapi.json", app), issuer)


def test_no_input_is_a_fault_of_the_alarm_service(
    cluster: Cluster, broker: Broker, issuer: Issuer, tmp_path: Path
) -> None:
    """In a process of its own: it needs its loop, and both logs."""
    known = {"OIDC_ISSUER": issuer.url, "OIDC_JWKS_URL": issuer.jwks_url}
    with AlarmApi(tmp_path, cluster.database("alarm"), broker.url_of("alarm"), **known) as api:
        try_all(schemathesis.openapi.from_url(f"{api.url}/openapi.json"), issuer)


def test_nothing_that_the_chain_approach_signs_is_a_fault_of_ours(cluster: Cluster, issuer: Issuer) -> None:
    url = cluster.database("committee")
    some = st.sampled_from(sorted(WEBHOOKS)).flatmap(lambda kind: st.tuples(st.just(kind), WEBHOOKS[kind]))
    taken = set[int]()
    with ChainPartner() as partner:
        app = APIS["committee"](environment(issuer, url) | partner.settings())
        with desk(app, issuer, url) as committee:

            @given(said=some)
            @settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
            def try_it(said: tuple[str, Any]) -> None:
                status = committee.signed(*partner.webhook(*said))
                assert status < 500, said
                taken.add(status)

            try_it()
    assert 204 in taken


def try_all(schema: BaseSchema, issuer: Issuer) -> None:
    """Every operation, with whatever it says that it takes, and with what it does not."""
    headers = issuer.headers(
        *EVERY_ROLE, partner="police", zone="z1", cic="cic-oost-vlaanderen", unit="u1", sub="everybody"
    )
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith(ENDLESS):
            continue
        if operation.path in RAW_BODIES and operation.method.upper() == "POST":
            assert operation.body, f"{operation.path} does not say what it takes"

        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples(15),
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=[not_a_server_error])

        try_it()
        tried += 1
    assert tried >= 5
