"""Metrics on real means: Prometheus reads and judges them, and an export that hangs holds nothing up."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from chassis.messaging.topology import declare
from contracts import telemetry
from contracts.topology import Queue
from tests.support.alert_rules import PROMETHEUS, RABBITMQ, RULES, expressions
from tests.support.broker import Broker
from tests.support.bus import QUEUE, TARGET, put
from tests.support.metrics import read, total
from tests.support.waiting import eventually
from tests.support.worker import Worker

SECRET = "Zoë Testemans"
FIGURES: dict[str, list[tuple[str, float, dict[str, str]]]] = {
    "dispatch": [
        (telemetry.PRESS_ROUTE_DURATION.name, 0.02, {"lane": "verified"}),
        (telemetry.ORDER_LATE.name, 0, {"sent_by": "system"}),
        # Neither an attribute nor a value that nobody declared leaves.
        (telemetry.INCIDENT_ESCALATED.name, 2, {"level": SECRET, "victim": SECRET}),
        (telemetry.DISK_FREE.name, 0.5, {}),
    ],
    "reporting": [
        (telemetry.CANARY_AGE.name, 200, {"control_room": "cic-gent"}),
        (telemetry.CANARY_AGE.name, 20, {"control_room": "cic-liege"}),
        (telemetry.PROCESS_UPTIME.name, 500, {"process": "worker"}),
    ],
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(*command: str, stdin: str = "", **env: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, **env})
    assert process.stdin
    process.stdin.write(stdin.encode())
    process.stdin.close()
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The small collector, with two processes that send it figures twice a second."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    app = ("uvicorn", "--factory", "tools.dev.collector:create_app", "--no-access-log", "--port")
    run = str(tmp_path_factory.mktemp("collector"))
    sends = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_METRIC_EXPORT_INTERVAL": "500"}
    with ExitStack() as running:
        running.enter_context(_running(sys.executable, "-m", *app, str(port), STALKINGALARM_RUN_DIR=run))
        for service, figures in FIGURES.items():
            meter = (sys.executable, "-m", "tests.integration.meter", service)
            running.enter_context(_running(*meter, stdin=json.dumps(figures), **sends))
        eventually(lambda: {labels["job"] for _, labels, _ in _read(url)} == set(FIGURES))
        yield url


def _read(url: str) -> list[Any]:
    try:
        return read(url)
    except httpx.HTTPError:
        return []


@pytest.fixture(scope="module")
def prometheus(collector: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Debian's Prometheus with our configuration and alerts; only where it looks, and how often, differs."""
    folder, port = tmp_path_factory.mktemp("prometheus"), _free_port()
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / "alerts.yml")]
    [ours] = [job for job in config["scrape_configs"] if job["job_name"] == "stalkingalarm"]
    ours["metrics_path"] = "/api/metrics"
    ours["static_configs"] = [{"targets": [collector.removeprefix("http://")]}]
    config["scrape_configs"] = [ours]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = f"prometheus --config.file={folder}/prometheus.yml --storage.tsdb.path={folder}/data"
    url = f"http://127.0.0.1:{port}"
    with (
        _running(*command.split(), f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"),
        httpx.Client(base_url=url) as client,
    ):
        eventually(lambda: _is_ready(client), 30)
        eventually(lambda: _value(client, "sum(up)") == 1)
        yield client


def _query(prometheus: httpx.Client, expression: str) -> list[dict[str, Any]]:
    answer = prometheus.get("/api/v1/query", params={"query": expression})
    assert answer.status_code == 200, f"{expression}: {answer.text}"
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def _is_ready(prometheus: httpx.Client) -> bool:
    try:
        return prometheus.get("/-/ready").is_success
    except httpx.TransportError:
        return False


def _value(prometheus: httpx.Client, expression: str) -> float | None:
    found = _query(prometheus, expression)
    return float(found[0]["value"][1]) if found else None


def test_only_what_was_declared_leaves(collector: str) -> None:
    found = read(collector)
    assert total(telemetry.INCIDENT_ESCALATED, found, level="other") == 2
    assert SECRET not in httpx.get(f"{collector}/api/metrics").text


def test_the_collector_refuses_what_is_no_export(collector: str) -> None:
    protobuf = {"content-type": "application/x-protobuf"}
    assert httpx.post(f"{collector}/v1/metrics", content=b"{}").status_code == 415
    assert httpx.post(f"{collector}/v1/metrics", content=b"\x0bnot", headers=protobuf).status_code == 400


def test_prometheus_evaluates_every_expression(prometheus: httpx.Client) -> None:
    for expression in expressions().values():
        _query(prometheus, expression)


def test_a_dashboard_shows_what_was_measured(prometheus: httpx.Client) -> None:
    panels = expressions()
    assert _value(prometheus, panels["alarm-path: Oldest canary 0"]) == 200
    assert _value(prometheus, panels["bus-and-ledger: Least free disk 0"]) is not None
    source = _query(prometheus, "stalkingalarm_canary_age_seconds")[0]["metric"]
    assert (source["job"], source["instance"].split("@")[0]) == ("reporting", "meter")


def test_an_alert_fires_at_what_is_wrong_and_no_other(prometheus: httpx.Client) -> None:
    def firing() -> list[tuple[str, str | None]]:
        alerts = prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
        entries = [each["labels"] for each in alerts if each["state"] == "firing"]
        return [(labels["alertname"], labels.get("control_room")) for labels in entries]

    assert eventually(firing) == [("CanaryMissed", "cic-gent")]
    groups = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    assert {rule["name"]: rule["health"] for group in groups for rule in group["rules"]} == dict.fromkeys(
        RULES, "ok"
    )


def test_a_real_broker_exports_what_alerts_and_dashboards_ask_of_it(broker: Broker) -> None:
    port = _free_port()
    broker.ctl("eval", f"application:set_env(rabbitmq_prometheus, tcp_config, [{{port, {port}}}]).")
    broker.plugins("enable", "rabbitmq_prometheus")
    try:
        base = f"http://127.0.0.1:{port}/metrics"
        families = {"family": ["queue_coarse_metrics", "queue_consumer_count"], "vhost": "stalkingalarm"}
        wanted = {f"\n{name}" for name in RABBITMQ}
        wanted.add('rabbitmq_detailed_queue_consumers{vhost="stalkingalarm",queue="dispatch.alarms"} 0')

        def missing() -> set[str]:
            try:
                text = httpx.get(base).text + httpx.get(f"{base}/detailed", params=families).text
            except httpx.TransportError:
                return wanted
            return {each for each in wanted if each not in text}

        # Figures of queues come with the broker's tick, some seconds after it was asked to collect them.
        eventually(lambda: not missing(), 30)
    finally:
        broker.plugins("disable", "rabbitmq_prometheus")


@contextmanager
def _black_hole(asked: list[bytes]) -> Iterator[str]:
    """A collector that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def swallow() -> None:
            kept = []
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                asked.append(connection.recv(200))

        threading.Thread(target=swallow, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_an_export_that_hangs_holds_no_message_up(broker: Broker, tmp_path: Path) -> None:
    declare(broker.url, (), (Queue(QUEUE),))
    asked: list[bytes] = []
    channel = broker.channel()
    channel.queue_purge(QUEUE)
    sent: dict[str, float] = {}
    with _black_hole(asked) as url:
        sends = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_METRIC_EXPORT_INTERVAL": "200"}
        with Worker(TARGET, broker.url_of("dispatch"), tmp_path, **sends) as worker:
            put(channel)
            worker.wait(lambda: bool(worker.rows("handled")))
            for _ in range(100):
                sent[str(put(channel))] = time.time()
                time.sleep(0.05)
            worker.wait(lambda: len(worker.rows("handled")) > len(sent))
            late = sorted(row["at"] - sent[row["id"]] for row in worker.rows("handled") if row["id"] in sent)
    channel.connection.close()
    assert any(b"/v1/metrics" in request for request in asked), "it never tried to export"
    assert late[50] < 0.05
    assert late[-1] < 0.5
