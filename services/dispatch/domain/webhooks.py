"""Webhooks of control rooms."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook that somebody wants; `url` None: none any more. Its signing secret is never shown."""

    url: str | None
    secret: str | None = field(default=None, repr=False)
