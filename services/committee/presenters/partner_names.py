"""How partners are called where people read: as their protocol names them, else in the reader's language."""

from contracts.common import Language
from services.committee.domain.protocol import ProtocolContent
from services.committee.translations import TRANSLATIONS


def name_partner(code: str, language: Language, protocol: ProtocolContent | None) -> str:
    """Return the name of a partner. `protocol`: what that of the case or the meeting says."""
    named = {each["id"]: each.get("name") for each in protocol["partners"]} if protocol else {}
    readable = code.replace("-", " ").replace("_", " ")
    return named.get(code) or TRANSLATIONS[language].word("partner", code, readable)
