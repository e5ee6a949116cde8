"""What a run of the chaos has shown so far: .run/chaos.json, and lines and a table for people."""

import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.runtime.native.layout import Layout

# A log has no edge; rich would take it for 80 columns.
console = Console(width=None if sys.stdout.isatty() else 160)
_COLUMNS = (
    *("presses", "accepted", "refused", "brought_in", "dispatched"),
    *(
        "lost",
        "duplicated",
        "unrecorded",
        "told",
        "late",
        "p50_s",
        "p99_s",
        "worst_s",
        "recovery_s",
        "played_s",
    ),
)


class Report:
    """The records of one run. It goes on with those of `continues`, the same run in another process."""

    def __init__(self, seed: int, scale: str, planned: Iterable[str], *, continues: bool) -> None:
        self._path = Layout.at().run / "chaos.json"
        self._seed, self._scale, self._planned = seed, scale, list(planned)
        before: dict[str, Any] = (
            json.loads(self._path.read_text()) if continues else {"faults": [], "took_s": 0.0}
        )
        self.records: list[dict[str, Any]] = before["faults"]
        self._begun = time.monotonic() - before["took_s"]
        self._write()

    def keep(self, record: dict[str, Any]) -> None:
        """Write down what there is at once: a run that is ended early has shown something, too."""
        self.records.append(record)
        self._write()
        _say(record)

    @property
    def not_run(self) -> list[str]:
        """Faults that were planned, and for which there was no time."""
        done = {record["fault"] for record in self._counted}
        return [name for name in self._planned if name not in done]

    @property
    def held(self) -> bool:
        """Whether something was played, and every bar held."""
        return bool(self._counted) and not any(record["broken"] for record in self._counted)

    def show(self) -> None:
        """Everything at a glance."""
        table = Table(
            "fault", *(n.removesuffix("_s") for n in _COLUMNS), title=f"seed {self._seed}; times in s"
        )
        for record in self.records:
            style = "red" if record["broken"] else ""
            table.add_row(record["fault"], *(str(record.get(name, "")) for name in _COLUMNS), style=style)
        console.print(table)
        if missed := self.not_run:
            console.print(f"the budget was too short for {len(missed)}: {', '.join(missed)}")

    @property
    def _counted(self) -> list[dict[str, Any]]:
        return [record for record in self.records if not record.get("played_again")]

    def _write(self) -> None:
        result = {
            "seed": self._seed,
            "scale": self._scale,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "took_s": round(time.monotonic() - self._begun, 1),
            "not_run": self.not_run,
            "faults": self.records,
        }
        self._path.write_text(json.dumps(result, indent=1) + "\n")


def _say(record: dict[str, Any]) -> None:
    figures = ", ".join(f"{name} {record.get(name)}" for name in _COLUMNS)
    good = "[green]held[/]" if not record["broken"] else "[red]BROKEN[/]"
    console.print(f"{good} [bold]{record['fault']}[/]: {figures}", highlight=False)
    for line in record["broken"]:
        console.print(f"    [red]{line}[/]", highlight=False)
