"""Packets that the kernel drops: a pulled cable, a bad one. Only in a network of our own."""

import subprocess


def drop(port: int, share: float = 1.0) -> None:
    """Drop that share of the packets to and from a port; nobody is told."""
    some = [] if share == 1.0 else ["-m", "statistic", "--mode", "random", "--probability", str(share)]
    for side in ("--dport", "--sport"):
        _iptables("-A", "INPUT", "-p", "tcp", side, str(port), *some, "-j", "DROP")


def clear() -> None:
    """Everything gets through again."""
    _iptables("-F", "INPUT")


def _iptables(*words: str) -> None:
    done = subprocess.run(["iptables", "-w", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"iptables {' '.join(words)}: {done.stderr.strip()}")
