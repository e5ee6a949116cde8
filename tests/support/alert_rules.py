"""The rules and dashboards of infra/prometheus, as tests read them."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


PROMETHEUS = ROOT / "infra/prometheus"


DASHBOARDS = sorted((ROOT / "infra/grafana/dashboards").glob("*.json"))


# Of RabbitMQ's own plugin; tests/integration/test_metrics.py asks a real broker for each.
RABBITMQ = {
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages_ready",
}


def _rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


RULES = _rules()


def expressions() -> dict[str, str]:
    """Every expression of alerts and dashboards, by where it stands."""
    found = {name: rule["expr"] for name, rule in RULES.items()}
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for number, target in enumerate(panel.get("targets", [])):
                found[f"{path.stem}: {panel['title']} {number}"] = target["expr"]
    return found
