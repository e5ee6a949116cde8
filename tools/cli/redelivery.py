"""`redeliver`: hand a press over to dispatch once more, and say what came of it."""

import getpass
from typing import Annotated
from uuid import UUID

import httpx
import typer

from tools.cli.base import command, console, running
from tools.dev import issuer
from tools.runtime.native.layout import COMMAND, SetupError

_OUTCOMES = {
    "routed": "dispatch had it before: incident {incident_id}",
    "taken": "dispatch has it now; `{command} trace {alarm_id}` shows where it went",
    "published": "dispatch does not answer; the broker has it",
    "failed": "neither dispatch nor the broker took it; the alarm service goes on trying",
}


@command()
def redeliver(
    alarm_id: Annotated[UUID, typer.Argument(metavar="ALARM", help="As the receipt names it.")],
) -> None:
    """Hand a press that the alarm service holds to dispatch once more; exit code 1 where nothing took it."""
    system = running()
    token = issuer.mint(getpass.getuser(), ["admin"], layout=system.layout, seconds=issuer.TOKEN_SECONDS)
    try:
        answer = httpx.post(
            f"{system.url('alarm')}/v1/alarms/{alarm_id}/redeliver",
            headers={"authorization": f"Bearer {token}"},
            timeout=20,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise SetupError(
            f"the alarm service does not answer ({type(error).__name__}): {COMMAND} status"
        ) from None
    if not answer.is_success:
        is_problem = "json" in answer.headers.get("content-type", "")
        raise SetupError(f"alarm: {answer.json()['detail'] if is_problem else answer.status_code}")
    body = answer.json()
    console.print(_OUTCOMES[body["outcome"]].format(**body, command=COMMAND), highlight=False, soft_wrap=True)
    if body["outcome"] == "failed":
        raise typer.Exit(1)
