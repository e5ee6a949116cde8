"""Alarm, dispatch and reporting with a real database each, their records asked over HTTP; events go by hand."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from opentelemetry import trace
from sqlalchemy import text

from chassis.database.database import Database, engine_of
from chassis.runtime import clock
from chassis.security.service_token import ServiceToken
from chassis.security.vault import Vault
from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from contracts.topology import REPORTING_LEDGER
from services.alarm.api import create_app as alarm_app
from services.alarm.settings import AlarmSettings
from services.alarm.usecases.record_presses import record as record_presses
from services.alarm.usecases.renamed_presses import learn_kept
from services.dispatch.api import create_app as dispatch_app
from services.dispatch.settings import DispatchSettings
from services.reporting import bootstrap
from services.reporting.settings import ReportingSettings
from services.reporting.store import gaps
from services.reporting.usecases import reconciliation
from services.reporting.usecases.gaps import check_gaps
from tests.support import alarm as alarm_support
from tests.support import dispatching
from tests.support import ledger_database as reporting_support
from tests.support.desks import NO_BROKER, environment
from tests.support.postgres import Cluster, delete_rows
from tests.support.serving import Serving
from tests.support.tokens import Issuer

# By event type: what is dropped on its way to reporting.
NOTHING: frozenset[str] = frozenset()


class Three:
    """The three services. Presses are five minutes old, in the middle of what is compared all the time."""

    def __init__(
        self,
        alarm: Database,
        vault: Vault,
        desk: dispatching.Dispatch,
        reporting: Database,
        settings: ReportingSettings,
        issuer: Issuer,
    ) -> None:
        self.alarm, self.vault, self.desk, self.reporting, self.settings = (
            alarm,
            vault,
            desk,
            reporting,
            settings,
        )
        self.rows = alarm_support.AlarmDatabase(alarm.engine.url.render_as_string(hide_password=False))
        self.readers = dict(bootstrap.record_readers(settings, reporting, ServiceToken(settings)))
        self.issuer = issuer

    def url(self, name: str) -> str:
        """Where a service is asked for."""
        return {"alarm": self.settings.alarm_url, "dispatch": self.settings.dispatch_url}[name] or ""

    def wipe(self) -> None:
        """Begin anew on the same tables."""
        delete_rows(self.alarm, "presses", "outbox", "alarm_incidents", "stages", "kept_as")
        self.desk.wipe()
        self.desk.policy(dispatching.GHENT_ROOM, "automatic")
        self.desk.units(dispatching.GHENT_ROOM, dispatching.GHENT, 12)
        self.desk.do("DELETE FROM outbox")
        reporting_support.empty(self.reporting)

    def stored(self, raised: AlarmRaised) -> None:
        """The alarm service holds a press."""
        with self.alarm.transaction() as tx:
            record_presses(tx, {raised.alarm_id: raised}, self.vault, trace.INVALID_SPAN)

    def learn(self) -> None:
        """What alarm's timer does: it stores what dispatch keeps under another id."""
        learn_kept(self.alarm, self.vault)

    def press(self, at: datetime | None = None, routed: bool = True) -> AlarmRaised:
        """A press that went all the way to a unit."""
        raised = dispatching.alarm(received_at=at or clock.now() - timedelta(minutes=5))
        self.stored(raised)
        if routed:
            self.desk.press(raised)
        return raised

    def deliver(self, dropped: Collection[str] = NOTHING) -> None:
        """What alarm and dispatch published comes to reporting, but for some types."""
        bodies = [bytes(row[0]) for row in self.rows.rows("SELECT body FROM outbox ORDER BY created_at, id")]
        events = [Event.decode(body) for body in [*bodies, *self.desk.waiting()]]
        self.rows.do("DELETE FROM outbox")
        self.desk.do("DELETE FROM outbox")
        kept = [event for event in events if event.type not in dropped]
        reporting_support.enter(self.reporting, kept, queue=REPORTING_LEDGER)

    def compare(self) -> None:
        """All comparisons that are due, and those that follow from them now."""
        with self.reporting.transaction() as tx:
            reconciliation.begin_comparing(tx)
        while reconciliation.compare_next(self.reporting, self.readers, self.settings):
            pass

    def look(self) -> set[tuple[str, UUID]]:
        """Compare as if a minute had passed; the open gaps, by kind and what is missing."""
        with self.reporting.read() as session:
            for table in ("presses", "incidents", "missing_entries"):
                session.execute(text(f"UPDATE {table} SET seen_at = seen_at - interval '1 minute'"))
            session.execute(text("UPDATE due SET due_at = now() WHERE kind LIKE 'compare%'"))
            session.commit()
        self.compare()
        with self.reporting.transaction() as tx:
            check_gaps(tx, self.settings)
        return self.open()

    def gaps(self) -> set[tuple[str, UUID]]:
        """What is found when everything had a minute to come, and once more."""
        self.look()
        return self.look()

    def open(self) -> set[tuple[str, UUID]]:
        """The open gaps, by kind and what is missing."""
        with self.reporting.read() as session:
            return {(gap.kind, gap.entry_id) for gap in gaps.listing(session)}


@contextmanager
def three_services(cluster: Cluster) -> Iterator[Three]:
    """The three for as long as the `with` lasts."""
    with ExitStack() as stack:
        reporting = stack.enter_context(reporting_support.opened(cluster))
        issuer = reporting.issuer
        given = environment(issuer, cluster.database("alarm"))
        alarm = AlarmSettings.model_validate(
            given
            | {"dispatch_url": "http://127.0.0.1:1", "service_token": issuer.token("service", partner="alarm")}
        )
        context = dispatching.context_on(
            cluster.database("dispatch"),
            broker_url=NO_BROKER,
            oidc_issuer=issuer.url,
            oidc_jwks_url=issuer.jwks_url,
        )
        dispatch: DispatchSettings = context.settings
        alarm_url = stack.enter_context(Serving(alarm_app(alarm))).url
        dispatch_url = stack.enter_context(Serving(dispatch_app(dispatch))).url
        token = issuer.token("service", partner="reporting")
        values = {
            "alarm_url": alarm_url,
            "dispatch_url": dispatch_url,
            "service_token": token,
            "gap_grace_s": 10,
            "compare_days": 10,
        }
        settings = ReportingSettings.model_validate(
            environment(issuer, reporting.settings.database_url.get_secret_value()) | values
        )
        database = Database(engine_of(alarm), "/services/alarm")
        stack.callback(database.engine.dispose)
        vault = Vault(alarm.vault_keys.get_secret_value())
        yield Three(database, vault, dispatching.Dispatch(context), reporting.database, settings, issuer)
