"""What every service's pages say, in the four languages: around their content, and of problems.

A problem's code is the last part of its type, or what Pydantic calls it (`errors` of problem details); what a
service says of its own problems is in its own catalogue, also of one field alone: `problem.<code>.<field>`.
"""

from pathlib import Path

from chassis.i18n.catalogues import read_translations

# Codes that people read as the same problem.
_SAME_AS = {
    "missing": ("string_type", "string_too_short", "uuid_type", "date_type", "datetime_type", "bool_type"),
    "text_nul": ("text_surrogate", "string_unicode"),
    "literal_error": ("enum",),
    "date_parsing": ("date_from_datetime_parsing", "date_from_datetime_inexact"),
    "datetime_parsing": ("datetime_from_date_parsing", "timezone_aware"),
}

TRANSLATIONS = read_translations(
    Path(__file__).parent,
    {f"problem.{code}": f"problem.{same}" for same, codes in _SAME_AS.items() for code in codes},
)
