"""What the registry's pages say, in the four languages."""

from pathlib import Path

from chassis.i18n.catalogues import read_translations

_SAME_AS = {
    "problem.date_in_future": "problem.date-in-future",
    **{
        f"problem.stock-move-refused.{field}": "problem.stock-move-refused.button_serial"
        for field in ("button_item_id", "phone_item_id")
    },
    **{
        f"problem.{code}.verified_on": "problem.date_parsing.verified_on"
        for code in ("date_from_datetime_parsing", "date_from_datetime_inexact")
    },
    "problem.string_pattern_mismatch.duress_code": "problem.string_pattern_mismatch.cancel_code",
    "problem.string_pattern_mismatch.victim_phone": "problem.string_pattern_mismatch.phone",
}

TRANSLATIONS = read_translations(Path(__file__).parent, _SAME_AS)
