"""Settings of the registry."""

from pydantic import SecretStr

from chassis.settings import Settings


class RegistrySettings(Settings):
    """`pseudonym_key` makes the pseudonyms of perpetrators: never rotated, or their links are lost."""

    service: str = "registry"
    pseudonym_key: SecretStr
