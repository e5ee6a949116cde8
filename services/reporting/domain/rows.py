"""A row of a result, by the names of its columns."""

from typing import Any

Row = dict[str, Any]
