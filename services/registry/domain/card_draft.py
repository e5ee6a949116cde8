"""A card on its way into a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CardDraft:
    """A card as somebody wrote it.

    `card`: as JSON; a perpetrator without `ref` gets one. A code that is None stays as it is. `edition`: of the
    card that it was made from; None overwrites whatever there is.
    """

    card: Mapping[str, Any]
    cancel_code: str | None
    duress_code: str | None
    edition: str | None = None
