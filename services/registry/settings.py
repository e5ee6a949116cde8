"""Settings of the registry."""

from datetime import timedelta

from pydantic import Field, SecretStr

from chassis.runtime.settings import PagesSettings


class RegistrySettings(PagesSettings):
    """`pseudonym_key` makes the pseudonyms of perpetrators: never rotated, or their links are lost.

    `transfer_within`: in which a zone answers an offer; `break_glass_lasts`: how long a file stays open that
    somebody opened by break-glass access (ISO 8601 or seconds).
    """

    service: str = "registry"
    pseudonym_key: SecretStr
    transfer_within: timedelta = Field(default=timedelta(hours=48), gt=timedelta(0), le=timedelta(days=31))
    break_glass_lasts: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0), le=timedelta(days=1))
