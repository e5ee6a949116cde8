"""The command `import`: an existing list becomes files of a zone, piece by piece; dry unless asked."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tools.cli.base import command, console, running
from tools.dev import issuer
from tools.runtime.native.layout import SetupError

if TYPE_CHECKING:
    import httpx

# At most in one request: a second of work, and well under what the registry takes.
_LINES, _CHARACTERS = 50, 200_000
_HEADING = 1
_WAIT_S = 60.0

# The line of the file that a row begins on, and its cells.
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as it stands in the file."""

    heading: list[str]
    delimiter: str
    rows: list[Row]

    def text(self, rows: Sequence[Row]) -> str:
        """Write some of its rows as a list of their own."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter).writerows([self.heading, *(cells for _, cells in rows)])
        return out.getvalue()

    def pieces(self) -> Iterator[list[Row]]:
        """Split the rows into as many requests as it takes."""
        piece, size = list[Row](), 0
        for row in self.rows:
            length = sum(map(len, row[1]))
            if piece and (len(piece) == _LINES or size + length > _CHARACTERS):
                yield piece
                piece, size = [], 0
            piece.append(row)
            size += length
        if piece:
            yield piece


@dataclass(slots=True)
class Tally:
    """What came of the rows so far. `problems`: line of the file, column, what is wrong."""

    known: int = 0
    made: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)


@command("import")
def import_list(
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="UTF-8, separated by commas or semicolons.")],
    apply: Annotated[bool, typer.Option("--apply", help="Make the files; else all is only tried.")] = False,
    zone: Annotated[str | None, typer.Option(help="The zone, on the system of this checkout.")] = None,
    url: Annotated[str | None, typer.Option(help="Another registry: its address, with the token.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="STALKINGALARM_TOKEN", help="Of a file manager; better in the environment."),
    ] = None,
) -> None:
    """Turn a list of victims into files: first shows every problem of every line; with one, makes nothing."""
    import httpx

    sheet = read(path)
    address, bearer = _where(zone, url, token)
    headers = {"authorization": f"Bearer {bearer}", "content-type": "text/csv"}
    with httpx.Client(base_url=address, headers=headers, timeout=_WAIT_S, trust_env=False) as client:
        tried = run(client, sheet, dry=True)
        if tried.problems:
            _show(tried)
            raise typer.Exit(1)
        if not apply:
            new = len(sheet.rows) - tried.known
            console.print(f"{new} lines would become files, {tried.known} did before. To make them: --apply")
            return
        done = run(client, sheet, dry=False)
    if done.problems:
        # Somebody else changed something between the two.
        _show(done)
        raise typer.Exit(1)
    console.print(f"{done.made} files made, {done.known} lines were imported before.")


def read(path: Path) -> Sheet:
    """Read the list in a file; raises SetupError where it is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SetupError(f"{path}: must be UTF-8 (in a spreadsheet: save as CSV UTF-8)") from None
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader, rows, begins = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), list[Row](), 1
    try:
        for cells in reader:
            if cells:
                rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SetupError(f"{path}: line {begins}: not a CSV list: {error}") from None
    if len(rows) <= _HEADING:
        raise SetupError(f"{path}: there are no lines under a heading")
    return Sheet([head.strip() for head in rows[0][1]], delimiter, rows[_HEADING:])


class Problem(TypedDict):
    """What is wrong in one line of what was sent."""

    line: int
    column: str
    detail: str


class Piece(TypedDict):
    """What the registry made of one piece of a list."""

    known: int
    made: list[str]
    problems: list[Problem]


def run(client: "httpx.Client", sheet: Sheet, *, dry: bool) -> Tally:
    """Try all rows (`dry`), or make files of them up to a piece with a problem. Raises SetupError."""
    tally = Tally(problems=twice(sheet))
    doubled = {each[:2] for each in tally.problems}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("trying" if dry else "importing", total=len(sheet.rows))
        for piece in sheet.pieces():
            answer = _send(client, sheet.text(piece), dry, tally)
            tally.known += answer["known"]
            tally.made += len(answer["made"])
            # The registry counts rows, and the heading is the first.
            found = [
                (piece[each["line"] - _HEADING - 1][0], each["column"], each["detail"])
                for each in answer["problems"]
            ]
            # Twice in one request it says so too.
            tally.problems += [each for each in found if each[:2] not in doubled]
            if tally.problems and not dry:
                break
            progress.advance(task, len(piece))
    return tally


def twice(sheet: Sheet) -> list[tuple[int, str, str]]:
    """Find references that stand in the list twice: in two requests the registry would take them for known."""
    if "reference" not in sheet.heading:
        return []
    place, first, found = sheet.heading.index("reference"), dict[str, int](), []
    for line, cells in sheet.rows:
        reference = cells[place].strip() if place < len(cells) else ""
        if reference and (before := first.setdefault(reference, line)) != line:
            found.append((line, "reference", f"stands in the list twice: first on line {before}"))
    return found


def _send(client: "httpx.Client", text: str, dry: bool, so_far: Tally) -> Piece:
    import httpx

    try:
        found = client.post("/v1/imports", params={"dry_run": str(dry).lower()}, content=text.encode())
    except httpx.HTTPError as error:
        raise SetupError(f"the registry does not answer: {type(error).__name__}{_left(dry, so_far)}") from None
    if found.is_success:
        answer: Piece = found.json()
        return answer
    try:
        problem = found.json()
        line = f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        line = found.reason_phrase
    raise SetupError(f"the registry refused: {found.status_code} {line}{_left(dry, so_far)}")


def _left(dry: bool, so_far: Tally) -> str:
    """Say what to do when it ended half way."""
    return "" if dry else f"; {so_far.made} files are made. Run it again: no line becomes two files"


def _where(zone: str | None, url: str | None, token: str | None) -> tuple[str, str]:
    """Find the address of the registry and a token of a file manager; raises SetupError."""
    if url is not None:
        if token is None:
            raise SetupError("--url: the token of a file manager is needed too (STALKINGALARM_TOKEN)")
        return url, token
    if token is None and zone is None:
        raise SetupError("--zone: whose files will they be?")
    system = running()
    minted = token or issuer.mint("importer", ["file_manager"], "police", layout=system.layout, zone=zone)
    return system.url("registry"), minted


def _show(tally: Tally) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("line", justify="right")
    table.add_column("column")
    table.add_column("problem")
    for line, column, detail in sorted(tally.problems):
        table.add_row(str(line), Text(column), Text(detail))
    console.print(table)
    made = f"{tally.made} files were made before the first of them." if tally.made else "Nothing was made."
    console.print(f"[bold red]{len({line for line, *_ in tally.problems})} lines with problems.[/] {made}")
