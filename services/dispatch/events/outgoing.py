"""The doorbell: tells the API processes which incident changed, so that streams need not wait for a poll."""

from uuid import UUID

from contracts.envelope import Payload
from contracts.topology import DISPATCH_LIVE


class IncidentChanged(Payload):
    """An incident has a new revision. Within dispatch only; not in the catalogue, stored nowhere.

    `sealed`: its view, when it was opened just now; only dispatch has the key. Without it one must look.
    """

    TYPE = "incident.changed.v1"
    EXCHANGE = DISPATCH_LIVE

    incident_id: UUID
    revision: int
    sealed: str | None = None

    @property
    def subject(self) -> str:
        """The incident."""
        return str(self.incident_id)
