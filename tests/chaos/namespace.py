"""A corner of the machine of our own: network, mounts and processes that chaos may break."""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

_INSIDE = "CHAOS_INSIDE"
_SOURCE = Path(__file__).with_name("clock.c")


def inside() -> bool:
    """Whether this process is in such a corner."""
    return os.environ.get(_INSIDE) == str(Path("/proc/self/ns/net").readlink())


def prepare() -> None:
    """Make the corner fit to live in; only inside."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def again_inside(run: Path) -> int:
    """Run this program inside, to its exit code: what is done there is gone from the machine when it ends."""
    if os.geteuid() != 0:
        # As root of a user namespace alone, the database could not be started as anybody else.
        sys.exit("chaos breaks a network and disks of its own, and needs root for them")
    command = unshare("--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child")
    # Who is inside knows it by the number of its network, which it learns only there.
    inside = f'{_INSIDE}=$(readlink /proc/self/ns/net) exec "$@"'
    again = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
    environment = {
        **os.environ,
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
        "LD_PRELOAD": str(built_clock(run)),
        "CLOCK_FILE": str(clock_file(run, "people")),
    }
    sys.stdout.flush()
    return subprocess.run([*command, "sh", "-c", inside, "sh", *again], env=environment, check=False).returncode


def unshare(*what: str) -> list[str]:
    """The beginning of a command that runs in namespaces of its own, as root there whoever we are here."""
    return ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), *what]


def clock_file(run: Path, name: str) -> Path:
    """The file by which a process's clock is put forward and back; made with an offset of nothing."""
    path = run / "clock" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(8))
    return path


def put_clock(run: Path, name: str, seconds: float) -> None:
    """How far the clock of that name is ahead of the machine's; at once, in running processes too."""
    # In place, and in one write: it is mapped by whoever reads it.
    with clock_file(run, name).open("r+b", buffering=0) as file:
        file.write(struct.pack("<q", int(seconds * 1e9)))


def clock_ahead_s(run: Path, name: str) -> float:
    """How far it is ahead now."""
    (nanoseconds,) = struct.unpack("<q", clock_file(run, name).read_bytes())
    return float(nanoseconds) / 1e9


def built_clock(run: Path) -> Path:
    """The library that gives a process such a clock; ends the program when nothing can compile it."""
    run.mkdir(parents=True, exist_ok=True)
    compiler = next(filter(None, map(shutil.which, ("cc", "tcc"))), None)
    if compiler is None:
        sys.exit("no C compiler: `infra/setup.sh chaos` installs one")
    built = run / "clock.so"
    arguments = ["-shared", "-fPIC", "-nostdlib", "-o", str(built), str(_SOURCE)]
    subprocess.run([compiler, *arguments], check=True)
    ctypes.CDLL(str(built))  # a library that does not load would only be warned of
    return built
