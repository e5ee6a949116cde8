"""What all answers about rows have in common."""

from pydantic import ConfigDict

from chassis.database.damaged_rows import RowOut


class RowAnswer(RowOut):
    """An answer about a row, with the fields of it that are shown."""

    model_config = ConfigDict(extra="ignore")
