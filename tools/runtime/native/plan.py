"""What runs: every process of the system, its command, its environment and what it waits for. Data only."""

import http.client
import os
import secrets
import sys
from dataclasses import replace

from chassis.database.migrate import newest_revision
from chassis.messaging.topology import declare
from chassis.runtime.development import DEVELOPMENT_PREFIX
from chassis.security.vault import new_key
from contracts import topology
from tools.runtime.native import postgres, rabbitmq
from tools.runtime.native.layout import SERVICES, Layout
from tools.runtime.native.spec import Spec

# Each process of workers: name, what `chassis.runtime.run` is told, and the queues that it reads when ready.
WORKERS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "registry": (("registry-worker", "services.registry.worker", (topology.REGISTRY_GRANTS,)),),
    "alarm": (("alarm-worker", "services.alarm.worker", (topology.ALARM_RECORDER,)),),
    "dispatch": (
        # Presses have a process to themselves.
        ("dispatch-alarms", "services.dispatch.worker:AlarmLane", (topology.DISPATCH_ALARMS,)),
        ("dispatch-worker", "services.dispatch.worker:Updates,Escalation", (topology.DISPATCH_FIXES,)),
    ),
    "committee": (("committee-worker", "services.committee.worker", (topology.COMMITTEE_FOLLOW_UP,)),),
    "reporting": (("reporting-worker", "services.reporting.worker", (topology.REPORTING_LEDGER,)),),
}
# Everything but these keeps records or serves people at desks: it runs when no press needs the processor.
_ON_THE_ALARM_PATH = ("alarm-api", "dispatch-api", "dispatch-alarms", "dispatch-worker")
_RECORDS_NICE, _HEARTBEATS_NICE = 10, 19
# Seconds that requests in hand may take at a stop. Patrols wait for the next process of dispatch meanwhile.
_GRACE_S = {"dispatch": 1}
# What every process of a service imports anyway, with a web framework or with eventlet: see template.py.
# Nothing of the services themselves: their tables would meet in one registry.
_EXPORTERS = tuple(f"opentelemetry.exporter.otlp.proto.http.{what}_exporter" for what in ("trace", "metric"))
_COMMON = ("chassis.database.database", *_EXPORTERS, "shapely")
WEB = (
    "uvicorn.main",
    "chassis.bootstrap.api",
    "chassis.http.http1",
    *_COMMON,
)
WORKER = ("chassis.runtime.run", "chassis.bootstrap.worker", *_COMMON)


def plan(layout: Layout) -> list[Spec]:
    """Plan the whole system."""
    services = (spec for service in SERVICES for spec in _service(layout, service))
    return [*foundation(layout), _chain_approach(layout), *services]


def foundation(layout: Layout) -> list[Spec]:
    """Plan database, broker, issuer, collector: what the services stand on."""
    tools = _tools(layout)
    database = [] if postgres.configured_url() else [postgres.spec(layout)]
    specs = [
        *database,
        *rabbitmq.specs(layout),
        Spec(
            "databases",
            prepare=lambda: postgres.provision(layout),
            needs=tuple(spec.name for spec in database),
        ),
        Spec("topology", prepare=lambda: declare(rabbitmq.broker_url(layout)), needs=("rabbitmq",)),
        replace(_web(layout, "issuer", "tools.dev.issuer_app:create_app", "/jwks.json"), env=tools),
    ]
    if not exports_elsewhere():
        collector = _web(layout, "collector", "tools.dev.collector:create_app", "/health")
        # Whatever it costs, it costs when nobody else needs the processor.
        specs.append(replace(collector, env=tools, nice=10))
    return specs


def exports_elsewhere() -> bool:
    """Say whether the user sends traces to a collector of their own."""
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(os.environ.get(name) for name in names)


def url(layout: Layout, name: str) -> str:
    """Give the base URL of a service, of the `issuer`, of the `collector` or of `ketenaanpak`."""
    return f"http://127.0.0.1:{layout.ports[name]}"


def environment(layout: Layout, service: str) -> dict[str, str]:
    """Build the environment of every process of a service; names as in chassis/runtime/settings.py."""
    issuer_url = url(layout, "issuer")
    env = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": postgres.service_url(layout, service),
        "BROKER_URL": rabbitmq.broker_url(layout, service),
        "VAULT_KEYS": f"1:{DEVELOPMENT_PREFIX}" + layout.secret(f"vault.{service}", new_key),
        "AUDIT_KEY": DEVELOPMENT_PREFIX + layout.secret(f"audit.{service}", new_key),
        "OIDC_ISSUER": issuer_url,
        "OIDC_JWKS_URL": f"{issuer_url}/jwks.json",
        "OIDC_AUTHORIZATION_URL": f"{issuer_url}/authorize",
        "OIDC_TOKEN_URL": f"{issuer_url}/token",
        "OIDC_REVOCATION_URL": f"{issuer_url}/revoke",
        "API_PORT": str(layout.ports[service]),
        "PUBLIC_URL": url(layout, service),
        "PYTHONUNBUFFERED": "1",
        # Uvicorn would believe what anybody on this machine says of where a request comes from.
        "FORWARDED_ALLOW_IPS": os.environ.get("FORWARDED_ALLOW_IPS", ""),
        **{f"{name.upper()}_URL": url(layout, name) for name in SERVICES},
    }
    if service == "registry":
        env["PSEUDONYM_KEY"] = layout.secret("registry.pseudonyms")
    if service in ("committee", "dispatch"):
        env["PARTNER_NETWORKS"] = "127.0.0.0/8"
    if service == "committee":
        env["CHAIN_APPROACH_URL"] = url(layout, "ketenaanpak")
        env["CHAIN_APPROACH_TOKEN"] = layout.secret("ketenaanpak.token")
        env["CHAIN_APPROACH_SECRET"] = layout.secret("ketenaanpak.secret", _webhook_secret)
    if service in ("alarm", "reporting"):
        env["SERVICE_CLIENT_SECRET"] = layout.secret(f"client.{service}")
    if not exports_elsewhere():
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = url(layout, "collector")
    return env


def _tools(layout: Layout) -> dict[str, str]:
    """Build the environment of a process that finds all the rest in its installation."""
    return {"STALKINGALARM_RUN_DIR": str(layout.run)}


def _webhook_secret() -> str:
    """Make a base64 secret, as Standard Webhooks wants it; whoever decodes it skips the hyphen of the mark."""
    return f"whsec_{DEVELOPMENT_PREFIX}{secrets.token_hex(32)}"


def _chain_approach(layout: Layout) -> Spec:
    """Plan the other side of the committee's chain approach. No service waits for it."""
    web = _web(layout, "ketenaanpak", "tools.dev.chain_approach_app:create_app", "/health")
    return replace(web, env=_tools(layout), nice=_RECORDS_NICE)


def _service(layout: Layout, service: str) -> list[Spec]:
    env = environment(layout, service)
    migrate = Spec(
        f"{service}-migrate",
        (sys.executable, "-m", "chassis.database.migrate", service),
        template=WEB,
        env=env,
        needs=("databases",),
        once=True,
        # Starting Python and Alembic for nothing costs seconds, five times over.
        skip=lambda: postgres.schema_version(layout, service) == newest_revision(service),
    )
    needs = (migrate.name, "topology", "issuer")
    api = _web(layout, service, f"services.{service}.api:create_app", "/health/ready", _GRACE_S.get(service, 3))
    workers = [
        Spec(
            name,
            (sys.executable, "-m", "chassis.runtime.run", target),
            template=WORKER,
            env=env,
            needs=needs,
            ready=lambda queues=queues: rabbitmq.are_read(layout, queues),  # type: ignore[misc]
        )
        for name, target, queues in WORKERS[service]
    ]
    running = [replace(api, name=f"{service}-api", env=env, needs=needs), *workers]
    if service == "alarm":
        # The same API, for what comes thousands of times as often as presses and may always wait for them.
        heartbeats = _web(layout, "heartbeats", "services.alarm.api:create_heartbeats_app", "/health/ready")
        running.append(
            replace(heartbeats, name="alarm-heartbeats", env=env, needs=needs, nice=_HEARTBEATS_NICE)
        )
    return [
        migrate,
        *(s if s.nice or s.name in _ON_THE_ALARM_PATH else replace(s, nice=_RECORDS_NICE) for s in running),
    ]


# Idle connections stay longer than any client of ours keeps them (5 s): who closes last loses no request.
_HTTP = "--http chassis.http.http1:TolerantProtocol --ws none --no-server-header --timeout-keep-alive 75"


def _web(layout: Layout, name: str, factory: str, probe: str, grace_s: int = 3) -> Spec:
    port = layout.ports[name]
    # Open event streams never end by themselves: the time-out ends them.
    listen = f"--host 127.0.0.1 --port {port} --no-access-log --timeout-graceful-shutdown {grace_s} {_HTTP}"
    command = (sys.executable, "-m", "uvicorn", "--factory", factory, *listen.split())
    return Spec(name, command, template=WEB, port=port, ready=lambda: is_ok(port, probe))


def is_ok(port: int, path: str) -> bool:
    """Say whether a web server on this machine answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
