"""What the committee's pages and papers say, in the four languages."""

from pathlib import Path

from chassis.i18n.catalogues import read_translations

# Partners that most protocols have; a refusal names those that are missing.
_PARTNERS = ("police", "parket", "parket-generaal", "city", "victim-support", "ketenaanpak")

TRANSLATIONS = read_translations(
    Path(__file__).parent, {f"problem.missing.{code}": f"partner.{code}" for code in _PARTNERS}
)
