"""The command `trace`."""

import os
from typing import Annotated

import typer

from tools.cli.base import command, console, running
from tools.runtime.native import plan
from tools.runtime.native.layout import COMMAND, SetupError


@command("trace")
def show_trace(alarm: Annotated[str, typer.Argument(help="Alarm id, or trace id (32 digits).")]) -> None:
    """Show the waterfall of one alarm through every service."""
    import httpx

    from tools.dev import waterfall

    if plan.exports_elsewhere():
        endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "your collector")
        raise SetupError(f"traces go to {endpoint}: look there")
    base = running().url("collector")
    is_trace = len(alarm) == 32 and "-" not in alarm
    address = f"{base}/api/traces/{alarm}" if is_trace else f"{base}/api/traces?alarm_id={alarm}"
    try:
        answer = httpx.get(address, timeout=40, trust_env=False)
    except httpx.HTTPError as error:
        raise SetupError(f"the trace collector does not answer: `{COMMAND} up`") from error
    if answer.status_code == 404 or not answer.json():
        raise SetupError(f"no trace of {alarm}; spans arrive a second or two after the fact")
    console.print(waterfall.render(answer.json(), f"alarm {alarm}"))
