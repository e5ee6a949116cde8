"""How partners are called where people read: as their protocol names them, else in the reader's language."""

from chassis.i18n.translations import Lines, by_language
from contracts.common import Language
from services.committee.domain.protocol import ProtocolContent

PARTNERS: Lines = {
    "police": ("politie", "police", "Polizei", "police"),
    "parket": ("parket", "parquet", "Staatsanwaltschaft", "public prosecutor"),
    "parket-generaal": ("parket-generaal", "parquet général", "Generalprokuratur", "prosecutor-general"),
    "city": ("stad of gemeente", "ville ou commune", "Stadt oder Gemeinde", "city or municipality"),
    "victim-support": ("slachtofferhulp", "aide aux victimes", "Opferhilfe", "victim support"),
    "ketenaanpak": ("ketenaanpak", "approche en chaîne", "Kettenarbeit", "chain approach"),
}  # fmt: skip
_WORDS = by_language(PARTNERS)


def called(code: str, language: Language, protocol: ProtocolContent | None) -> str:
    """Return the name of a partner. `protocol`: what that of the case or the meeting says."""
    named = {each["id"]: each.get("name") for each in protocol["partners"]} if protocol else {}
    return named.get(code) or _WORDS[language].get(code) or code.replace("-", " ").replace("_", " ")
