"""Alerts, dashboards and runbooks: valid, fired by what they are for and by nothing else, and in step."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.telemetry import METRICS
from tests.support.alert_cases import CASES, Case
from tests.support.alert_rules import DASHBOARDS, PROMETHEUS, RABBITMQ, ROOT, RULES, expressions

RUNBOOKS = ROOT / "docs/runbooks"
_WORDS = {"up"}


def _promtool(*words: str) -> None:
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False, cwd=PROMETHEUS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_configuration_and_rules() -> None:
    _promtool("check", "config", "prometheus.yml")


def test_what_the_collector_offers_is_what_prometheus_reads() -> None:
    config = yaml.safe_load((ROOT / "infra/otel-collector/config.yaml").read_text())
    for pipeline in config["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(config[kind])
        # First of all, or the rest has used the memory before it looks.
        assert pipeline["processors"][0] == "memory_limiter"
    port = config["exporters"]["prometheus"]["endpoint"].rpartition(":")[2]
    jobs = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    [ours] = [job for job in jobs if job["job_name"] == "stalkingalarm"]
    assert [each["targets"] for each in ours["static_configs"]] == [[f"otel-collector:{port}"]]


def test_every_alert_has_its_cases() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_an_alert_fires_when_it_must_and_only_then(name: str, tmp_path: Path) -> None:
    tests = [test for case in CASES[name] for test in (_unit(name, case, True), _unit(name, case, False))]
    file = tmp_path / "tests.yml"
    wanted = {"rule_files": [str(PROMETHEUS / "alerts.yml")], "evaluation_interval": "10s", "tests": tests}
    file.write_text(yaml.safe_dump(wanted))
    _promtool("test", "rules", str(file))


def _unit(name: str, case: Case, bad: bool) -> dict[str, Any]:
    rule = RULES[name]
    fired = {"exp_labels": {**rule["labels"], **case.labels}, "exp_annotations": rule["annotations"]}
    series = case.bad if bad else case.good
    return {
        "interval": "10s",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "alert_rule_test": [
            {"eval_time": case.after, "alertname": name, "exp_alerts": [fired] if bad else []},
        ],
    }


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in RUNBOOKS.glob("*.md") if path.name != "README.md"}
    named = [rule["annotations"]["runbook_url"] for rule in RULES.values()]
    assert sorted(named) == sorted(pages)
    index = (RUNBOOKS / "README.md").read_text()
    for name, rule in RULES.items():
        page = (ROOT / rule["annotations"]["runbook_url"]).read_text()
        assert page.startswith(f"# {name}\n"), name
        assert re.findall(r"^## (.*)$", page, re.M) == ["What you see", "What it means", "What to do"], name
        assert f"[{name}]({Path(rule['annotations']['runbook_url']).name})" in index
        assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    dashboard = json.loads(path.read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert all(panel["title"] and panel["targets"] for panel in panels)
    assert {"uid", "title", "schemaVersion"} <= set(dashboard)


def test_every_name_is_one_that_somebody_exports() -> None:
    known = RABBITMQ | _WORDS
    for metric in METRICS:
        endings = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        known |= {metric.prometheus + ending for ending in endings}
    for where, expression in expressions().items():
        named = set(re.findall(r"\b(?:stalkingalarm|rabbitmq)_\w+", expression))
        assert named <= known, where
        assert named or "up{" in expression, where


def test_every_metric_is_looked_at_somewhere() -> None:
    everything = " ".join(expressions().values())
    assert {
        m.name for m in METRICS if not re.search(rf"\b{m.prometheus}(_bucket|_count)?\b", everything)
    } == set()
