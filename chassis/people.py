"""When two accounts are one person: the only place that says so. Ties, attendance and votes count by it."""

import unicodedata
from collections.abc import Iterable

# Control and format characters, blanks and ends of lines: nobody sees them, or tells one from another.
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Signs that are shown as nothing or as a blank, though Unicode calls them letters, marks or symbols: fillers,
# joiners, variation selectors (Default_Ignorable_Code_Point of Unicode), and the empty Braille cell.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)]))
)


def account(name: str) -> str:
    """The account as it is compared, however somebody spelt it: `Bert ` is `bert`, and so is `b\u200bert`."""
    before = None
    # Leaving out a sign may bring two together that are written as one.
    while name != before:
        before = name
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        name = "".join(
            sign for sign in folded if unicodedata.category(sign) not in _UNSEEN and sign not in _BLANK
        )
    return name


def accounts(names: Iterable[str]) -> set[str]:
    """All of them, as they are compared."""
    return {account(name) for name in names}


def is_one_of(name: str, names: Iterable[str]) -> bool:
    """Whether a person is among these, however either is spelt."""
    return account(name) in accounts(names)
