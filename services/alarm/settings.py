"""Settings of the alarm service. Durations are seconds."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field

from chassis.runtime.settings import CallingSettings, Listed


class AlarmSettings(CallingSettings):
    """Defaults are the domain's own; every one can be set by an environment variable of the same name."""

    service: str = "alarm"
    dispatch_url: str
    # How long after the press the order must be at a unit.
    deadline_s: float = Field(default=5.0, gt=0)
    # How long an answer waits for the second log once the first holds the press.
    grace_s: float = Field(default=0.25, ge=0)
    # How long the broker may take before dispatch gets the event over HTTP as well.
    fallback_after_s: float = Field(default=0.3, ge=0)
    # How long dispatch may take to report a press as routed before it gets it over HTTP as well.
    unrouted_after_s: float = Field(default=1.5, gt=0)
    # After this the look at a press ends that the broker holds; `redeliver_after_s` and the rows go on.
    unrouted_give_up_s: float = Field(default=60.0, gt=0)
    # How long after the receipt a press that is not routed is handed over again, from its row; the distance
    # grows from that to `redeliver_longest_s`, and it is never given up.
    redeliver_after_s: float = Field(default=10.0, gt=0)
    redeliver_longest_s: float = Field(default=30.0, gt=0)
    redeliver_every_s: float = Field(default=2.0, gt=0)
    # How long all holders may take before the press is refused (503).
    give_up_after_s: float = Field(default=2.5, gt=0)
    clock_skew_s: float = Field(default=5.0, gt=0)
    late_after_s: float = Field(default=30.0, gt=0)
    # Whether what old clients sign counts, which does not say what it is; a press is unverified without this.
    take_untyped: bool = True
    # How old what a device signs of now may be, or how far ahead: afterwards a copy of it is worth nothing.
    fresh_s: float = Field(default=600.0, gt=0)
    # How long a press of a device that is not in memory may wait for the database.
    lookup_s: float = Field(default=0.15, gt=0)
    # Verified presses of one device: so many at once, then so many a second; beyond that the newest goes in its
    # turn and carries the others.
    device_per_s: float = Field(default=5.0, ge=1)
    device_burst: int = Field(default=20, ge=1)
    unverified_at_once: int = Field(default=8, ge=1)
    # Unverified presses, of one address (IPv6: of one /64): so many at once, then so many a second;
    # others wait, up to so many in memory, and none is refused. Gateways of text messages and calls, and
    # proxies that do not say for whom they ask, belong into `unverified_exempt`.
    unverified_per_s: float = Field(default=5.0, gt=0)
    unverified_burst: int = Field(default=30, ge=1)
    unverified_waiting: int = Field(default=10_000, ge=0)
    unverified_exempt: Listed[tuple[IPv4Network | IPv6Network, ...]] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    )
    # Presses that wait in memory for a database that is away, in each lane.
    writer_capacity: int = Field(default=50_000, ge=1)

    # How long the recorder may take to read a press from the broker before the ledger is told without it.
    report_after_s: float = Field(default=120.0, gt=0)
    canary_every_s: float = Field(default=60.0, gt=0)
    watch_every_s: float = Field(default=30.0, gt=0)
    # Where the worker reaches this service's own API.
    alarm_url: str = "http://127.0.0.1:8000"
    silence_warning_s: float = Field(default=3600.0, gt=0)
    silence_task_s: float = Field(default=4 * 3600.0, gt=0)
    bluetooth_loss_s: float = Field(default=600.0, gt=0)
    phone_battery_percent: int = 20
    button_battery_percent: int = 15
    battery_task_percent: int = 5
    test_due_days: float = 15
    test_overdue_days: float = 17
