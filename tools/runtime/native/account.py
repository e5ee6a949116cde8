"""The account that broker and database run as: PostgreSQL refuses root, and rightly so."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

# Existing accounts only: making one would change the machine.
_CANDIDATES = ("postgres", "rabbitmq", "nobody")


class Spawn(TypedDict, total=False):
    """Arguments of `subprocess` that say whose child it is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user to start processes as; `switch` is False when that is who we are already."""

    uid: int
    gid: int
    switch: bool

    @property
    def spawn(self) -> Spawn:
        """Arguments for subprocess that start a child as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Give a file or folder to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, folder: Path) -> bool:
        """Say whether this account may enter a folder, all the way down from the root."""
        if not self.switch:
            return True
        command = ["/usr/bin/test", "-x", str(folder)]
        return subprocess.run(command, cwd="/", check=False, **self.spawn).returncode == 0


def own_account() -> Account:
    """Choose the current user, or the first existing unprivileged account when that is root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in _CANDIDATES if name in known)
    return Account(entry.pw_uid, entry.pw_gid, switch=True)
