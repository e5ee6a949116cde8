"""The levers by which a system with three nodes of RabbitMQ, in containers, is broken and mended. All block."""

import json
from urllib.parse import urlsplit

from tests.chaos.subject import Subject
from tools.runtime.containers import docker
from tools.runtime.containers.system import ComposeSystem

# Names of containers; a node calls itself rabbit@ and the name of its host.
NODES = {"rabbitmq": "rabbitmq-1", "rabbitmq-2": "rabbitmq-2", "rabbitmq-3": "rabbitmq-3"}
PROFILES = ("local", "cluster")
# By which nodes speak to each other, and by which they find the port of another.
_AMONG_NODES = "25672,4369"
# The lane that everything else is there for.
LANE = "dispatch.alarms"


class ClusterRig(Subject):
    """Names of nodes are those of their containers."""

    system: ComposeSystem

    def broker_urls(self) -> list[str]:
        """Each node by its own address: one of them answers while the published one is away."""
        parts, found = urlsplit(self.system.broker_url()), self.system.containers()
        networks = [found[node]["NetworkSettings"]["Networks"] for node in NODES]
        places = [next((n["IPAddress"] for n in each.values() if n["IPAddress"]), "") for each in networks]
        user = parts.netloc.rpartition("@")[0]
        return [parts._replace(netloc=f"{user}@{place}:5672").geturl() for place in places if place]

    def kill(self, *nodes: str) -> None:
        """kill -9, all at once; they stay down."""
        docker.run("docker", "kill", *map(self.system.container, nodes))

    def stop(self, *nodes: str) -> None:
        """Stop cleanly, all at once; they stay down."""
        docker.run("docker", "stop", *map(self.system.container, nodes))

    def start(self, *nodes: str) -> None:
        """Start what is down; returns before they are ready."""
        docker.run("docker", "start", *map(self.system.container, nodes))

    def leader(self, queue: str = LANE) -> str:
        """The node that leads a queue; raises LookupError when there is none."""
        listed = self._ctl("list_queues", "-p", urlsplit(self.system.broker_url()).path[1:], "name", "leader")
        node = next((each["leader"] for each in json.loads(listed) if each["name"] == queue), "")
        if not node:
            raise LookupError(f"{queue} has no leader")
        return next(name for name, host in NODES.items() if f"rabbit@{host}" == node)

    def cut_off(self, *nodes: str) -> None:
        """The other nodes are silent for these, and these for them; clients of both sides stay connected."""
        for node in nodes:
            for chain, ports in (
                ("INPUT", "dports"),
                ("INPUT", "sports"),
                ("OUTPUT", "dports"),
                ("OUTPUT", "sports"),
            ):
                rule = (chain, "!", "-i" if chain == "INPUT" else "-o", "lo", "-p", "tcp", "-m", "multiport")
                self._within(node, "iptables", "-A", *rule, f"--{ports}", _AMONG_NODES, "-j", "DROP")

    def mend(self) -> None:
        """Every node runs and hears the others, and every process is ready; raises SetupError if not."""
        found = self.system.containers()
        if down := [node for node in NODES if not found[node]["State"]["Running"]]:
            self.start(*down)
        for node in NODES:
            self._within(node, "iptables", "-F")
        self.system.wait_ready(seconds=120)

    def _within(self, node: str, *command: str) -> None:
        """A command of this machine in the network of a node: there is no such tool in its image."""
        pid = str(self.system.containers()[node]["State"]["Pid"])
        docker.run("nsenter", "--target", pid, "--net", *command)

    def _ctl(self, *words: str) -> str:
        """What `rabbitmqctl` answers at the first node that runs."""
        found = self.system.containers()
        node = next(node for node in NODES if found[node]["State"]["Running"])
        return docker.run(
            "docker", "exec", self.system.container(node), "rabbitmqctl", "-q", *words, "--formatter=json"
        )
