"""What one partner thinks of a case."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Opinion:
    """`shared` the others read; `kept` only the partner itself."""

    advice: Literal["grant", "refuse", "abstain"]
    shared: str | None = None
    kept: str | None = None
