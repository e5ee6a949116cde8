"""Settings of the committee; how long people may take is said by each protocol."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from chassis.http.egress import Egress
from chassis.runtime.settings import PagesSettings


class CommitteeSettings(PagesSettings):
    """`chain_approach_*`: where the chain approach is, what we show it, and what it signs its webhooks with.

    Without an address no case can be referred. `presence_confirmed_within_h`: hours that a member has to
    confirm having been at a meeting, where the secretariat recorded it.
    """

    service: str = "committee"
    presence_confirmed_within_h: int = Field(default=24, ge=1, le=168)
    chain_approach_url: str | None = None
    chain_approach_token: SecretStr | None = None
    chain_approach_secret: SecretStr | None = None

    @field_validator("chain_approach_url", "chain_approach_token", "chain_approach_secret", mode="before")
    @classmethod
    def take_nothing_for_none(cls, value: object) -> object:
        """Read an empty value as None: containers give every committee each of the three, connected or not."""
        return value or None

    @model_validator(mode="after")
    def refuse_half_a_connection(self) -> Self:
        """Refuse one or two of the three without the rest, and an address in clear outside development."""
        given = [self.chain_approach_url, self.chain_approach_token, self.chain_approach_secret]
        if any(given) and not all(given):
            raise ValueError("chain_approach: give the url, the token and the secret")
        in_clear = self.chain_approach_url and not self.chain_approach_url.startswith("https://")
        if in_clear and self.production:
            raise ValueError("chain_approach_url: must be https:// outside development mode")
        if self.chain_approach_url and (why := Egress(self.partner_networks).refusal(self.chain_approach_url)):
            message = f"chain_approach_url: {why}"
            raise ValueError(message)
        return self
