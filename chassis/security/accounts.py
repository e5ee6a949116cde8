"""When two accounts are one person: for conflicts of interest, attendance and votes."""

import unicodedata
from collections.abc import Iterable

from chassis.errors import Invalid

# Control and format characters, blanks and ends of lines: nobody sees them, or tells one from another.
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Signs that are shown as nothing or as a blank, though Unicode calls them letters, marks or symbols: fillers,
# joiners, variation selectors (Default_Ignorable_Code_Point of Unicode), and the empty Braille cell.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)]))
)

# Alphabets with letters that cannot be told apart.
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE"})


def account(name: str) -> str:
    """Write the account as it is compared, however it was spelt: `Bert ` is `bert`, and so is `b\u200bert`."""
    before = None
    # Leaving out a sign may bring two together that are written as one.
    while name != before:
        before = name
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        name = "".join(
            sign for sign in folded if unicodedata.category(sign) not in _UNSEEN and sign not in _BLANK
        )
    return name


def refuse_unreadable(name: str, field: str) -> None:
    """Refuse a typed account that nobody can tell from another by reading; raises `Invalid`.

    It has no sign that can be seen, or mixes alphabets whose letters look alike: another account than it seems.
    """
    if not account(name):
        raise Invalid("an account has signs that can be seen", field=field)
    alphabets = {unicodedata.name(sign, "").partition(" ")[0] for sign in account(name) if sign.isalpha()}
    if len(alphabets & _ALIKE) > 1:
        raise Invalid("mixes alphabets that look alike: choose the account itself", field=field)


def accounts(names: Iterable[str]) -> set[str]:
    """Write all of them as they are compared."""
    return {account(name) for name in names}


def is_one_of(name: str, names: Iterable[str]) -> bool:
    """Say whether a person is among these, however either is spelt."""
    return account(name) in accounts(names)
