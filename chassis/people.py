"""When two accounts are one person: the only place that says so. Ties, attendance and votes count by it."""

import unicodedata
from collections.abc import Iterable


def account(name: str) -> str:
    """The account as it is compared, however somebody spelt it: `Bert ` is `bert`."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def accounts(names: Iterable[str]) -> set[str]:
    """All of them, as they are compared."""
    return {account(name) for name in names}


def is_one_of(name: str, names: Iterable[str]) -> bool:
    """Whether a person is among these, however either is spelt."""
    return account(name) in accounts(names)
