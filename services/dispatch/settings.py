"""What dispatch can be told by its environment; the defaults are those of the domain brief."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from chassis.http.egress import Egress
from chassis.runtime.settings import Listed, PagesSettings

# Seconds that a timer may wait. A row that is due after more than ten minutes is taken for one that was set
# before somebody put the clock back (chassis/database/timers.py), so no setting may come near that.
Wait = Annotated[float, Field(ge=0, le=300)]


class DispatchSettings(PagesSettings):
    """Times in seconds, distances in metres."""

    service: str = "dispatch"
    # A screen that waits for an alarm is at work, though nobody touches it all night.
    session_idle: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0))
    # Without acknowledgement: all positions, supervisor, neighbouring control room.
    escalate_after_s: tuple[Wait, Wait, Wait] = (20.0, 40.0, 60.0)
    # A unit that does not acknowledge within this time is replaced.
    unit_answer_s: Wait = Field(default=20.0, gt=0)
    # Taken and nobody sent: the supervisor hears of it after this time, and after twice this time the proposed
    # unit is sent (`send_unattended`).
    unsent_after_s: Wait = Field(default=20.0, gt=0)
    # A unit whose last sign of life is older is not proposed or sent by itself, unless there is no other.
    unit_fresh_s: float = Field(default=120.0, ge=5, le=86_400)
    # How often a unit is looked for while there is none.
    find_unit_every_s: Wait = Field(default=5.0, gt=0)
    # At the last step of either ladder the proposed unit is sent though nobody sent it.
    send_unattended: bool = True
    # A further press after this time starts the escalation clock again; before, it only raises urgency.
    repress_window_s: Wait = 120.0
    # Unverified presses of one device join within so many metres and seconds: who pressed nobody knows.
    unverified_join_m: float = Field(default=1_000.0, ge=0)
    unverified_join_s: float = Field(default=600.0, ge=0)
    # A press further than this from where its alarm was rings anew, and a unit nearer by this is looked for.
    ring_again_m: float = Field(default=5_000.0, gt=0)
    # How far the clock of a device may run ahead: beyond it nobody knows how old its location is.
    clock_skew_s: Wait = 5.0
    default_control_room: str = "cic-oost-vlaanderen"
    border_margin_m: float = 1000.0
    map_path: Path = Path(__file__).resolve().parents[2] / "infra/geo/belgium.geojson"
    # Hosts that webhooks may go to, by name; without a list to none but those in `partner_networks`.
    webhook_hosts: Listed[frozenset[str]] = frozenset()
    # Seconds between the attempts of a webhook (the last one repeats until the incident is closed).
    webhook_delays_s: tuple[Wait, ...] = (0, 1, 2, 5, 10, 20, 30)

    @field_validator("webhook_hosts")
    @classmethod
    def take_hosts_in_any_case(cls, value: frozenset[str]) -> frozenset[str]:
        """Bring names into the form in which they are compared."""
        return frozenset(each.strip().lower().removesuffix(".") for each in value)

    @property
    def webhook_egress(self) -> Egress:
        """Say where webhooks may go."""
        return Egress(self.partner_networks, self.webhook_hosts)
