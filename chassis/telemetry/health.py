"""Whether a container does its work, not merely runs: `python -m chassis.telemetry.health` exits with 0 or 1.

An API is asked for `/health/ready` on API_PORT. A worker dates a file in HEALTH_DIR for everything that it must
keep doing: each queue's canary, each timer, the sweep of the outbox. Standard library only: it starts often.
"""

import http.client
import os
import sys
import time
from pathlib import Path

# A canary, timer or sweep may be this late, in seconds: two canaries lost to a busy machine are no death.
LATE_S = 35.0


def folder() -> Path | None:
    """Name the folder where a worker keeps its dates; None where nobody asks (native system, APIs)."""
    named = os.environ.get("HEALTH_DIR")
    if not named:
        return None
    dates = Path(named)
    dates.mkdir(parents=True, exist_ok=True)
    return dates


def expect(name: str) -> None:
    """Expect `name` to be noted from now on; until it is, the process is not healthy."""
    _date(name, 0)


def note(name: str, every_s: float) -> None:
    """Note that `name` was done just now and is due again in `every_s` seconds."""
    _date(name, time.time() + every_s)


def _date(name: str, due: float) -> None:
    if dates := folder():
        (dates / name).touch()
        os.utime(dates / name, (due, due))


def _worker(dates: Path) -> str:
    due = {path.name: path.stat().st_mtime for path in dates.iterdir()}
    late = sorted(name for name, at in due.items() if at + LATE_S < time.time())
    if not due:
        return "nothing has begun yet"
    return f"not done lately: {', '.join(late)}" if late else ""


def _api(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        text = answer.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"
    finally:
        connection.close()
    return "" if answer.status == http.client.OK else f"{answer.status} {text}"


def main() -> int:
    """Print what is wrong, or `ok`; returns the exit code."""
    dates = folder()
    why = _worker(dates) if dates else _api(int(os.environ.get("API_PORT", "8000")))
    sys.stdout.write(f"{why or 'ok'}\n")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
