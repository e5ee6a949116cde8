"""Real servers, started once for all tests of a run."""

import os
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from chassis.database.database import Database, engine_of
from services.committee.api import create_app
from services.committee.invariants import INVARIANTS
from services.committee.settings import CommitteeSettings
from services.dispatch.api import create_app as dispatch_app
from services.registry import invariants as registry_invariants
from services.registry.api import create_app as registry_app
from services.registry.settings import RegistrySettings
from tests.support import dispatching
from tests.support.api_client import ApiClient
from tests.support.broker import Broker
from tests.support.builders import a_protocol
from tests.support.chain_partner import ChainPartner
from tests.support.committee import in_force
from tests.support.desks import Desk, desk, environment
from tests.support.ledger_database import LedgerDatabase, opened
from tests.support.postgres import Cluster
from tests.support.registry import with_page
from tests.support.three_services import Three, three_services
from tests.support.tokens import Issuer
from tests.support.worker import Worker


@pytest.fixture(scope="session", autouse=True)
def nice() -> None:
    """Give way to the processes that test on a whole running system, where deadlines are asserted."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.nice(10)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL cluster; take a database from it with `cluster.database("<service>")`."""
    with Cluster() as started:
        yield started


@pytest.fixture(scope="session")
def node() -> Iterator[Broker]:
    """A RabbitMQ node with the topology on it; a test that kills it starts it again."""
    with Broker() as started:
        yield started


@pytest.fixture(scope="module")
def broker(node: Broker) -> Broker:
    """The node, with nothing in its queues that tests of another module left there."""
    node.empty()
    return node


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Signs tokens that the services under test believe."""
    with Issuer() as started:
        yield started


@pytest.fixture(scope="module")
def committee_settings(cluster: Cluster, issuer: Issuer) -> CommitteeSettings:
    """A committee with a database of its own, and no broker."""
    return CommitteeSettings.model_validate(environment(issuer, cluster.database("committee")))


@pytest.fixture(scope="module")
def committee(committee_settings: CommitteeSettings, issuer: Issuer) -> Iterator[Desk]:
    """Its API; at the end its invariants must hold."""
    url = committee_settings.database_url.get_secret_value()
    with desk(create_app(committee_settings), issuer, url) as opened:
        yield opened
        for name, statement in INVARIANTS.items():
            assert opened.sql(statement) == [], name


@pytest.fixture
def database(committee_settings: CommitteeSettings) -> Database:
    """The committee's, as its worker has it."""
    return Database(engine_of(committee_settings), "/services/committee")


@pytest.fixture(scope="module")
def one_desk(cluster: Cluster, issuer: Issuer) -> dispatching.Dispatch:
    """A dispatch with a database of its own, its use cases called as the worker does."""
    url = cluster.database("dispatch")
    return dispatching.Dispatch(
        dispatching.context_on(url, oidc_issuer=issuer.url, oidc_jwks_url=issuer.jwks_url)
    )


@pytest.fixture(name="desk")
def emptied(one_desk: dispatching.Dispatch) -> dispatching.Dispatch:
    """The same, with nothing in it."""
    one_desk.wipe()
    return one_desk


@pytest.fixture(scope="module")
def client(one_desk: dispatching.Dispatch) -> Iterator[ApiClient]:
    """The API of the dispatch that `desk` looks into."""
    with ApiClient(dispatch_app(one_desk.context.settings), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def ledger_database(cluster: Cluster) -> Iterator[LedgerDatabase]:
    """The records of reporting, in a database of their own."""
    with opened(cluster) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def all_three(cluster: Cluster) -> Iterator[Three]:
    """Alarm, dispatch and reporting."""
    with three_services(cluster) as opened:
        yield opened


@pytest.fixture
def three(all_three: Three) -> Three:
    """The same, with nothing in them."""
    all_three.wipe()
    return all_three


@pytest.fixture(scope="module")
def protocol_id(committee: Desk) -> str:
    """A protocol in force."""
    return in_force(committee)


@pytest.fixture(scope="module")
def partner() -> Iterator[ChainPartner]:
    """The chain approach."""
    with ChainPartner() as started:
        yield started


@pytest.fixture(scope="module")
def linked(
    committee_settings: CommitteeSettings,
    broker: Broker,
    issuer: Issuer,
    partner: ChainPartner,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """A committee with its worker, connected to the partner; at the end its invariants must hold."""
    url = committee_settings.database_url.get_secret_value()
    variables = environment(issuer, url, broker.url_of("committee")) | partner.settings()
    folder = tmp_path_factory.mktemp("committee")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name.upper(), value)
        worker = Worker("services.committee.worker", variables["broker_url"], folder)
        with worker, desk(create_app(CommitteeSettings.model_validate(variables)), issuer, url) as opened:
            yield opened
            for name, statement in INVARIANTS.items():
                assert opened.sql(statement) == [], name


@pytest.fixture(scope="module")
def protocol(linked: Desk) -> str:
    """One in force by which the chain approach may hear of two fields."""
    return in_force(linked, a_protocol(shared_fields={"ketenaanpak": ["risk_level", "elements"]}))


@pytest.fixture(scope="module")
def registry_settings(cluster: Cluster, issuer: Issuer) -> RegistrySettings:
    """A registry with a database of its own, and no broker."""
    return RegistrySettings.model_validate(environment(issuer, cluster.database("registry")))


@pytest.fixture(scope="module")
def registry(registry_settings: RegistrySettings, issuer: Issuer) -> Iterator[Desk]:
    """Its API; at the end its invariants must hold."""
    url = registry_settings.database_url.get_secret_value()
    with desk(registry_app(registry_settings), issuer, url) as opened:
        yield opened
        for name, statement in registry_invariants.INVARIANTS.items():
            assert opened.sql(statement) == [], name


@pytest.fixture
def file(registry: Desk) -> str:
    """The path of a new file of Ghent."""
    return with_page(registry)[0]


@pytest.fixture(scope="module")
def pages(registry_settings: RegistrySettings) -> Iterator[TestClient]:
    """Its pages; modules about the committee's have their own."""
    with ApiClient(registry_app(registry_settings), follow_redirects=False) as client:
        yield client
