"""The chain approach, as we call it: its HTTP API, idempotent by the id of the hand-over."""

import logging

import httpx
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode

from chassis.http.egress import Egress
from chassis.http.egress_transport import Transport
from chassis.telemetry import telemetry
from services.committee.domain.chain import Sending
from services.committee.settings import CommitteeSettings

log = logging.getLogger(__name__)


class ChainApproach:
    """Gives it what is to be sent."""

    def __init__(self, settings: CommitteeSettings) -> None:
        """Set up the client of the chain approach; raises ValueError without an address."""
        if settings.chain_approach_url is None or settings.chain_approach_token is None:
            raise ValueError("no chain approach is connected")
        token = settings.chain_approach_token.get_secret_value()
        self._http = httpx.Client(
            base_url=settings.chain_approach_url,
            headers={"authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(5.0, connect=2.0),
            transport=Transport(Egress(settings.partner_networks)),
            trust_env=False,
        )

    def send(self, sending: Sending) -> bool:
        """Send it, and say whether the other side took it; what it did not take is sent again."""
        span = telemetry.start(
            "POST", SpanKind.CLIENT, parent=Context(), attributes={"http.request.method": "POST"}
        )
        headers = {
            "idempotency-key": str(sending.handover_id),
            "traceparent": telemetry.traceparent_of(span) or "",
        }
        try:
            answer = self._http.post(sending.path, json=dict(sending.body), headers=headers)
            span.set_attribute("http.response.status_code", answer.status_code)
            why = "" if answer.is_success else str(answer.status_code)
        except httpx.HTTPError as error:
            why = type(error).__name__
            span.set_attribute("error.type", why)
        if why:
            span.set_status(Status(StatusCode.ERROR))
            log.warning("the chain approach did not take a hand-over: %s", why)
        span.end()
        return not why
