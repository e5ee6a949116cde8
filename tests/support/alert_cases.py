"""For each alert: when it must fire, after how long and with which labels, and when it must not.

Values are promtool's: "0+1x20" begins at 0 and rises by 1, twenty times; one every ten seconds.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """`bad` and `good`: values by series. `after`: when it must have fired, and must not in the good case."""

    bad: dict[str, str]
    good: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)
    after: str = "5m"


_CANARY = 'stalkingalarm_canary_age_seconds{control_room="cic-gent"}'
_REFUSED = 'stalkingalarm_press_refused_total{job="alarm",reason="not_held"}'
_UNREADABLE = 'stalkingalarm_press_refused_total{job="alarm",reason="unreadable"}'
_ROUTE = 'stalkingalarm_press_route_duration_seconds_bucket{lane="verified",'
_WITHIN_2_5_S = {_ROUTE + f'le="{bound}"}}': "0+10x40" for bound in ("2.5", "+Inf")}
_UNTAKEN = 'stalkingalarm_incident_unacknowledged_age_seconds{control_room="cic-gent"}'
_GAP = 'stalkingalarm_ledger_gap_open{kind="no_incident",gap='
_HEARD = 'stalkingalarm_queue_received_age_seconds{job="dispatch",queue="dispatch.alarms",instance='
_DISPATCH_DUE = 'stalkingalarm_due_overdue_seconds{job="dispatch"}'
_FAILING = 'stalkingalarm_due_failing{job="dispatch",state='
_UPTIME = 'stalkingalarm_process_uptime_seconds{job="dispatch",process="AlarmLane",instance='
_CONSUMERS = 'rabbitmq_detailed_queue_consumers{job="rabbitmq-queues",queue='
_TOKEN = 'stalkingalarm_service_token_used_ratio{job="alarm"}'
_FREE = 'stalkingalarm_disk_free_ratio{job="alarm"}'
_BROKER_FREE = 'rabbitmq_disk_space_available_bytes{instance="rabbitmq:15692"}'

CASES: dict[str, list[Case]] = {
    "CanaryMissed": [
        Case(
            {_CANARY: "0+10x40"},
            # Every minute one comes.
            {_CANARY: "0 10 20 30 40 50 60 0 10 20 30 40 50"},
            {"control_room": "cic-gent"},
            "3m",
        )
    ],
    "PressesRefused": [
        # The very first one counts: the counter was there before, at 0.
        Case({_REFUSED: "0x10 1x20"}, {_REFUSED: "0x30", _UNREADABLE: "0+1x3 3x30"}, {"reason": "not_held"}),
        Case({_UNREADABLE: "0+2x40"}, {_UNREADABLE: "5x40"}, {"reason": "unreadable"}),
    ],
    "PressPathSlow": [
        Case(
            {_ROUTE + 'le="0.05"}': "0+9x40", **_WITHIN_2_5_S},
            {_ROUTE + 'le="0.05"}': "0+10x40", **_WITHIN_2_5_S},
        )
    ],
    "OrdersLate": [
        Case(
            {'stalkingalarm_order_late_total{sent_by="system"}': "0x20 1x20"},
            # An operator may take his time over a proposal.
            {'stalkingalarm_order_late_total{sent_by="operator"}': "0x20 1x20"},
        )
    ],
    "IncidentUnacknowledged": [
        Case({_UNTAKEN: "0+10x40"}, {_UNTAKEN: "0 10 20 30 40 50 60 70 0x30"}, {"control_room": "cic-gent"})
    ],
    "HandOverByHttp": [
        Case(
            {'stalkingalarm_press_handed_over_total{outcome="failed"}': "0x20 1x20"},
            {'stalkingalarm_press_handed_over_total{outcome="failed"}': "7x40"},
            {"outcome": "failed"},
        )
    ],
    "LedgerGap": [
        # The second of a kind pages by itself, whatever became of the first.
        Case(
            {_GAP + '"gap-7"}': "1x3 0x40", _GAP + '"gap-8"}': "_x10 1x40"},
            {_GAP + '"gap-7"}': "1x3 0x40", _GAP + '"gap-8"}': "1x3 0x40"},
            {"kind": "no_incident", "gap": "gap-8"},
        ),
        # The database of reporting, or all figures, went away: that closes no gap.
        Case(
            {_GAP + '"gap-7"}': "1x3 stale"},
            {_GAP + '"gap-7"}': "1 0 stale"},
            {"kind": "no_incident", "gap": "gap-7"},
        ),
        # More than are shown one by one.
        Case(
            {'stalkingalarm_ledger_gaps{kind="no_press"}': "101x40"},
            {'stalkingalarm_ledger_gaps{kind="no_press"}': "0x40"},
            {"kind": "no_press"},
        ),
    ],
    "LedgerNotCompared": [
        Case(
            {'stalkingalarm_ledger_compared_age_seconds{service="dispatch"}': "0+10x60"},
            {'stalkingalarm_ledger_compared_age_seconds{service="dispatch"}': "15x60"},
            {"service": "dispatch"},
            "6m",
        )
    ],
    "AlarmPathParked": [
        Case(
            {'stalkingalarm_queue_left{queue="dispatch.parking"}': "0 1x40"},
            {
                'stalkingalarm_queue_left{queue="dispatch.parking"}': "1 0x40",
                'stalkingalarm_queue_left{queue="registry.parking"}': "1x40",
            },
            {"queue": "dispatch.parking"},
            "20s",
        )
    ],
    "QueueNotRead": [
        # One of two workers is deaf; the other hears everything that comes.
        Case(
            {_HEARD + '"a"}': "0+10x40", _HEARD + '"b"}': "5x40"},
            {_HEARD + '"a"}': "9x40", _HEARD + '"b"}': "5x40"},
            {"job": "dispatch", "queue": "dispatch.alarms"},
        ),
        # Nobody reads it. What people empty, and what control rooms read, is no fault.
        Case(
            {_CONSUMERS + '"alarm.ladder"}': "0x40"},
            {
                _CONSUMERS + '"alarm.ladder"}': "1x40",
                _CONSUMERS + '"alarm.parking"}': "0x40",
                _CONSUMERS + '"cic.gent.orders"}': "0x40",
                _CONSUMERS + '"retry.alarm.1s"}': "0x40",
                _CONSUMERS + '"unroutable"}': "0x40",
            },
            {"job": "rabbitmq-queues", "queue": "alarm.ladder"},
        ),
    ],
    "MessageParked": [
        Case(
            {'stalkingalarm_queue_left{queue="registry.parking"}': "1x40"},
            {
                'stalkingalarm_queue_left{queue="registry.parking"}': "0x40",
                'stalkingalarm_queue_left{queue="dispatch.parking"}': "1x40",
            },
            {"queue": "registry.parking"},
        )
    ],
    "MessageUnroutable": [
        Case(
            {'stalkingalarm_queue_left{queue="unroutable"}': "1x40"},
            {
                'stalkingalarm_queue_left{queue="unroutable"}': "0x40",
                'stalkingalarm_queue_left{queue="alarm.parking"}': "1x40",
            },
        )
    ],
    "OutboxStuck": [
        Case(
            {'stalkingalarm_outbox_age_seconds{job="alarm"}': "0+10x40"},
            {'stalkingalarm_outbox_age_seconds{job="alarm"}': "3x40"},
            {"job": "alarm"},
        )
    ],
    "TimersOverdue": [
        Case({_DISPATCH_DUE: "0+10x40"}, {_DISPATCH_DUE: "0x40"}, {"job": "dispatch"}),
        Case(
            {'stalkingalarm_due_overdue_seconds{job="reporting"}': "0+100x40"},
            {'stalkingalarm_due_overdue_seconds{job="reporting"}': "25x40"},
            {"job": "reporting"},
        ),
    ],
    "TimersFailing": [
        Case(
            {_FAILING + '"parked"}': "0x10 1x30"},
            # A fault that was over at the second attempt.
            {_FAILING + '"put_off"}': "0x10 1 0x30", _FAILING + '"parked"}': "0x40"},
            {"job": "dispatch", "state": "parked"},
        )
    ],
    "DatabaseAway": [
        Case(
            {'stalkingalarm_database_reachable{job="alarm"}': "1x10 0x30"},
            {'stalkingalarm_database_reachable{job="alarm"}': "1x40"},
            {"job": "alarm"},
        )
    ],
    "BrokerAway": [
        Case(
            {'stalkingalarm_broker_connected{job="alarm"}': "1x10 0x30"},
            {'stalkingalarm_broker_connected{job="alarm"}': "1x40"},
            {"job": "alarm"},
        )
    ],
    "ServiceTokenOld": [
        Case(
            {_TOKEN: "0+0.02x60"},
            # Renewed at the half, with a try or two that failed.
            {_TOKEN: "0+0.02x30 0+0.02x30"},
            {"job": "alarm"},
            "8m",
        )
    ],
    "BrokerBlocked": [
        Case({series: "1x40"}, {series: "0x40"}, {"instance": "a"})
        for series in (
            'rabbitmq_alarms_memory_used_watermark{instance="a"}',
            'rabbitmq_alarms_free_disk_space_watermark{instance="a"}',
        )
    ],
    "BrokerNodeDown": [
        Case(
            {'up{job="rabbitmq",instance="b"}': "1x10 0x30", 'up{job="rabbitmq",instance="a"}': "1x40"},
            {'up{job="rabbitmq",instance="b"}': "1x40", 'up{job="rabbitmq",instance="a"}': "1x40"},
            {"job": "rabbitmq", "instance": "b"},
        )
    ],
    "ProcessGone": [
        Case(
            {_UPTIME + '"a"}': "0+10x10 stale"},
            # Restarted: another instance, the same process.
            {_UPTIME + '"a"}': "0+10x10 stale", _UPTIME + '"b"}': "_x12 0+10x30"},
            {"job": "dispatch", "process": "AlarmLane"},
        )
    ],
    "CrashLoop": [
        Case(
            {_UPTIME + '"a"}': " ".join(["0 10 20 0 10 20 30 0"] * 6)},
            {_UPTIME + '"a"}': "0+10x50"},
            {"job": "dispatch", "process": "AlarmLane"},
            "6m",
        )
    ],
    "DiskNearlyFull": [
        Case({_FREE: "0.05x40"}, {_FREE: "0.5x40", _BROKER_FREE: "5000000000x40"}),
        Case({_BROKER_FREE: "1000000000x40"}, {_BROKER_FREE: "5000000000x40"}),
    ],
    "ClockSkew": [
        # A clock that is behind is as bad as one that is ahead.
        Case(
            {'stalkingalarm_clock_skew_seconds{job="alarm"}': "-3600x40"},
            {'stalkingalarm_clock_skew_seconds{job="alarm"}': "-0.2x40"},
            {"job": "alarm"},
        )
    ],
    "MetricsAway": [Case({"anything": "1x40"}, {_UPTIME + '"a"}': "300+10x40"})],
    "TracesLost": [
        Case(
            {'stalkingalarm_span_lost_total{job="alarm"}': "0+5x60"},
            {'stalkingalarm_span_lost_total{job="alarm"}': "9x60"},
            {"job": "alarm"},
            "8m",
        )
    ],
}
