"""The console's session."""

from pydantic import SecretStr

from contracts.values import Incoming


class SessionIn(Incoming):
    """A bearer token to be kept as the console's session cookie."""

    token: SecretStr
