"""The network of the plane: pods around one router, and a world that answers everywhere.

The router is the node: the enforcer runs there, and every packet between two pods, or from a pod
to the world, is forwarded by it. Nothing is linked to the machine's own network.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.cluster import namespaces

ROUTER, WORLD = "router", "world"
# Where the servers of each namespace listen; every port is redirected there.
ANSWERS = 9999
_REDIRECT = ["*nat", "-A PREROUTING -p {0} -j REDIRECT --to-ports {1}", "COMMIT", ""]


@dataclass(frozen=True)
class Place:
    """Where a pod can stand: a namespace with one address of each family."""

    number: int

    @property
    def part(self) -> str:
        return f"pod{self.number}"

    @property
    def ipv4(self) -> str:
        return f"10.244.{self.number}.2"

    @property
    def ipv6(self) -> str:
        return f"fd00:10:244:{self.number:x}::2"

    @property
    def addresses(self) -> tuple[str, str]:
        return self.ipv4, self.ipv6


def build(count: int, *, silent: frozenset[int] = frozenset()) -> list[Place]:
    """Makes the namespaces and links; the silent places answer on no port by themselves."""
    namespaces.add(ROUTER)
    _sysctl("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")
    # What is rejected is to be told so each time, or a probe would wait for its end.
    _sysctl("net/ipv4/icmp_ratelimit=0", "net/ipv6/icmp/ratelimit=0")
    _sysctl("net/ipv4/icmp_msgs_burst=1000000", "net/ipv4/icmp_msgs_per_sec=1000000")
    places = [Place(number) for number in range(count)]
    for place in places:
        _join(place.part, f"10.244.{place.number}", f"fd00:10:244:{place.number:x}:")
        gateways = f"10.244.{place.number}.1", f"fd00:10:244:{place.number:x}::1"
        namespaces.configure(
            place.part, [f"route add default via {one} dev eth0" for one in gateways]
        )
        if place.number not in silent:
            _answer_on_every_port(place.part)
    _join(WORLD, "10.245.0", "fd00:10:245:0:")
    # Every address is the world's own, but for the pods', which lie behind the router. In
    # the main table, since the local one is looked at first and would swallow those too.
    namespaces.configure(
        WORLD,
        [
            "route add local 0.0.0.0/0 dev lo table main",
            "route add local ::/0 dev lo table main",
            "route add 10.244.0.0/16 via 10.245.0.1 dev eth0",
            "route add fd00:10:244::/48 via fd00:10:245::1 dev eth0",
        ],
    )
    _answer_on_every_port(WORLD)
    namespaces.configure(
        ROUTER,
        [f"route add default via {one} dev {WORLD}" for one in ("10.245.0.2", "fd00:10:245::2")],
    )
    return places


def _join(part: str, ipv4: str, ipv6: str) -> None:
    """Makes a namespace whose eth0 is linked to the router: .2 on its side, .1 on the router's.

    Each side is told the other's hardware address: kube-router takes a pod's answer to the
    question for it, which in IPv6 is a packet like others, for traffic that policies forbid.
    """
    namespaces.add(part)
    name, router = namespaces.name_of(part), namespaces.name_of(ROUTER)
    namespaces.run("ip", "-n", router, *f"link add {part} type veth peer eth0 netns {name}".split())
    for end, link, own, other in ((ROUTER, part, 1, 2), (part, "eth0", 2, 1)):
        namespaces.configure(
            end,
            [
                f"link set {link} address 02:00:00:00:00:0{own}",
                f"addr add {ipv4}.{own}/24 dev {link}",
                f"addr add {ipv6}:{own}/64 dev {link} nodad",
                f"link set {link} up",
                f"neigh replace {ipv4}.{other} lladdr 02:00:00:00:00:0{other} dev {link}",
                f"neigh replace {ipv6}:{other} lladdr 02:00:00:00:00:0{other} dev {link}",
            ],
        )


def _answer_on_every_port(part: str) -> None:
    for program in ("iptables-legacy-restore", "ip6tables-legacy-restore"):
        for protocol in ("tcp", "udp"):
            rules = "\n".join(_REDIRECT).format(protocol, ANSWERS)
            namespaces.run_in(part, program, "--noflush", stdin=rules)


def _sysctl(*settings: str) -> None:
    for setting in settings:
        path, value = setting.split("=")
        namespaces.run_in(ROUTER, "tee", f"/proc/sys/{path}", stdin=value)
