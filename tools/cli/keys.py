"""The command `keys`: under which key versions personal data is encrypted, and which may be dropped."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

import typer
from rich.table import Table

from tools.auditing.places import Installation, Places, places_of, read_installation
from tools.cli.base import command, console, running


class Sealed(TypedDict):
    """How many values of one column a key version encrypted."""

    version: int
    values: int


class Keys(TypedDict):
    """What a service says of its keys."""

    current: int
    versions: list[int]
    encrypted: list[Sealed]


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One key version of a service: how many values it encrypted, and what becomes of it."""

    service: str
    version: int
    values: int
    state: str


@command("keys")
def show_keys(installation: Installation = None) -> None:
    """Count the values that each key version of each service encrypted; exit code 1 where a key is missing."""
    places, token = read_installation(installation) if installation else places_of(running())
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "key version", "encrypted values", ""):
        table.add_column(heading, justify="right" if heading in ("key version", "encrypted values") else "left")
    found = list(versions(places, token))
    for each in found:
        style = "bold red" if each.state == MISSING else "green" if each.state == ENCRYPTS else "yellow"
        table.add_row(each.service, str(each.version), str(each.values), f"[{style}]{each.state}[/]")
    console.print(table)
    if any(each.state == MISSING for each in found):
        raise typer.Exit(1)


ENCRYPTS, OPENS, MAY_GO = "encrypts", "still needed", "may be dropped"
WAITS, MISSING = "only opens: not in use yet", "has no key: these values cannot be read"


def versions(places: Places, token: str) -> Iterator[KeyVersion]:
    """List every key version that a service has or has values of; raises SetupError if one does not answer."""
    import httpx

    from tools.auditing.verify import answer

    with httpx.Client(headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as client:
        for service, place in places.items():
            yield from of_service(service, answer(client, f"{place['url']}/v1/audit/keys", {}))


def of_service(service: str, answer: Keys) -> Iterator[KeyVersion]:
    """List the key versions of one service; `answer`: what it answers."""
    current, known, values = answer["current"], answer["versions"], Counter[int]()
    for each in answer["encrypted"]:
        values[each["version"]] += each["values"]
    for version in sorted({*known, *values}):
        if version not in known:
            state = MISSING
        elif version == current:
            state = ENCRYPTS
        elif version > current:
            state = WAITS
        else:
            state = OPENS if values[version] else MAY_GO
        yield KeyVersion(service, version, values[version], state)
