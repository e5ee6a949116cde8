"""`python -m tests.chaos`: breaks systems of its own in every way, with presses going on; .run/chaos.json."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from tests.chaos import namespace
from tests.chaos.fault import CI, FULL, Fault, R, draw
from tests.chaos.faults import CLUSTER, NATIVE
from tests.chaos.play import play_natively, play_on_cluster
from tests.chaos.report import Report, console
from tools.runtime.native.layout import Layout

# Of the budget, for the cluster: its start, and for each of its faults more than the longest of them takes.
_CLUSTER_START_S, _CLUSTER_FAULT_S = 120, 60


def main() -> None:
    """Play what the command line asks for; exit code 1 when a bar was broken."""
    asked = _arguments()
    scale = CI if asked.ci else FULL
    native = draw(_chosen(NATIVE, asked), asked.seed, scale)
    cluster = draw(_chosen(CLUSTER, asked), asked.seed, scale)
    planned = {d.fault.name: d.told for d in native} | {d.fault.name: d.told for d in cluster}
    if asked.list:
        for name, told in planned.items():
            console.print(f"[bold]{name}[/]", *told, sep="\n    ", highlight=False)
        return
    # `timeout` and `make` end programs with it; the first process of its own corner would not even notice.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    inside, run = namespace.inside(), Layout.at().run
    until = time.monotonic() + asked.budget_s
    if inside:
        reserve_s = _CLUSTER_START_S + _CLUSTER_FAULT_S * len(cluster) if cluster else 0
        namespace.prepare()
        report = Report(asked.seed, scale.name, planned, continues=True)
        play_natively(Layout.at(run / "chaos"), native, asked.rate, until - reserve_s, report)
        return
    report = Report(asked.seed, scale.name, planned, continues=False)
    if native:
        layout = Layout.at(run / "chaos")
        layout.wipe()
        if namespace.again_inside(Layout.at(layout.run).run):
            sys.exit("the native part did not come to its end")
        report = Report(asked.seed, scale.name, planned, continues=True)
    if cluster:
        play_on_cluster(Layout.at(run / "chaos-cluster"), cluster, asked.rate, until, report)
    report.show()
    sys.exit(0 if report.held else 1)


def _chosen(faults: Sequence[Fault[R]], asked: argparse.Namespace) -> list[Fault[R]]:
    if asked.only:
        return [fault for fault in faults if fault.name.startswith(tuple(asked.only.split(",")))]
    return [fault for fault in faults if not asked.ci or fault.ci]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed: the same faults at the same moments"
    )
    parser.add_argument("--budget", help="no further fault begins after it (default: 15m, with --ci 360s)")
    parser.add_argument("--rate", type=float, default=4.0, help="presses a second (default: 4)")
    parser.add_argument(
        "--only", default="", help="faults whose names begin with one of these, comma-separated"
    )
    parser.add_argument("--ci", action="store_true", help="the fixed part that continuous integration runs")
    parser.add_argument("--list", action="store_true", help="say what would be done, and do nothing")
    asked = parser.parse_args()
    asked.budget = asked.budget or ("360s" if asked.ci else "15m")
    number, unit = asked.budget[:-1], asked.budget[-1:]
    if unit not in "ms" or not number.isdigit():
        parser.error(f"--budget: {asked.budget!r} is neither minutes (15m) nor seconds (300s)")
    asked.budget_s = int(number) * (60 if unit == "m" else 1)
    return asked


if __name__ == "__main__":
    main()
