"""Random policies of every kind, valid ones and ones with something wrong.

`valid` makes a policy that its API takes. `damaged` changes a few of its values: to one that is
just over some border of its field, to one of another type, to null; or it takes a field away, adds
one that nobody knows, or repeats an entry. Whether it is still valid, it does not say.
"""

from __future__ import annotations

import copy
import random
from typing import Any

from tests.support import random_kinds, random_parts

Resource = dict[str, Any]
Path = tuple[Any, ...]

_ANY: tuple[Any, ...] = (
    *(None, None, "", "x", "80", "true", 0, 1, -1, 80, 70000, 5_000_000_000, 1.5, True, False),
    *([], {}, [None], [{}], ["x"], {"x": "y"}, {"": ""}, [[]], {"a": None}),
)
_LONG = ("a" * 63, "a" * 64, "a" * 101, "a" * 253, "a" * 254, "é" * 40)
_LABELS = ("a", "", "a b", "-a", "a-", "A.b_c", "é", "a/b", *_LONG)
_KEYS = (*_LABELS, "a.com/x", "A.com/x", "a.com/", "/x", "a/b/c", "a..b/x", "k8s:x")
_CIDRS = (
    *("10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/08", "010.0.0.0/8", "10.0.0.0/33", "10.0.0/8"),
    *("10.0.0.1", "0.0.0.0/0", "00.0.0.0/0", "169.254.169.254/32", "256.0.0.0/8", "10.0.0.0/-1"),
    *("10.0.0.0/255.0.0.0", " 10.0.0.0/8", "10.0.0.0/8 ", "10.0.0.0/", "/8", "x", "10.1.0.0/16"),
    *("::/0", "::/00", "fd00::/8", "fd00::1/8", "FD00::/8", "fd00:0:0::/8", "00fd::/16"),
    *("000fd::/16", "fe80::%eth0/64", "::ffff:10.0.0.0/104", "::ffff:169.254.169.254/128"),
    *("::ffff:0:0/96", "::ffff:0:0/95", "::ffff:a9fe:a9fe/128", "::1.2.3.4/128", "1::2::3/64"),
    *(
        "::/129",
        "64:ff9b::169.254.169.254/128",
        "::ffff:010.0.0.0/104",
        "10.0.0.0/+8",
        "\uff110.0.0.0/8",
    ),
)
_NAMES = (
    *("x", "X", "a.b", "a..b", "a_b", "-a", "a-", "1", "", "default", "a b", "é"),
    *_LONG,
)
_PORTS = (
    *(0, 1, 65535, 65536, -1, "80", "http", "HTTP", "a--b", "-a", "a-", "1a", "a1", "0", "99999"),
    *("a" * 15, "a" * 16, "1-2", "", "*", 2147483648, "80:90", "90:80", "a b"),
)
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "exists", "Equals", "", "Gt")
_TIMES = (
    "2026-01-31T12:00:00Z",
    "2026-02-31T12:00:00Z",
    "2026-01-31",
    "x",
    "",
    "2026-01-31T12:00:00",
)

POOLS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        ("cidr", "except", "networks", "toCIDR", "fromCIDR", "nets", "notNets"), _CIDRS
    ),
    **dict.fromkeys(("name", "generateName", "group"), _NAMES),
    **dict.fromkeys(("matchLabels", "values", "labels"), _LABELS),
    **dict.fromkeys(("port", "endPort", "ports", "notPorts", "start", "end", "number"), _PORTS),
    **dict.fromkeys(("namedPort", "destinationNamedPort"), _PORTS),
    **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), _TIMES),
    "key": _KEYS,
    "operator": _OPERATORS,
    "protocol": ("TCP", "UDP", "SCTP", "tcp", "ANY", "ICMP", "", 6, "6", 0, 256),
    "policyTypes": ("Ingress", "Egress", "egress", "Both", ""),
    "types": ("Ingress", "Egress", "egress", "Both", ""),
    "action": ("Allow", "Accept", "Deny", "Pass", "Drop", "Reject", "Log", "allow", ""),
    "tier": ("Admin", "Baseline", "default", "admin", "application", ""),
    "priority": (0, 1, 1000, 1001, 10000, 10001, -1, 1.5),
    "order": (0, -1, 1.5, 1_000_000),
    "apiVersion": ("networking.k8s.io/v1",),
    "finalizers": ("a.com/x", "orphan", "foregroundDeletion", "kubernetes", "x", "a b", ""),
    "annotations": ("x", ""),
    "domainNames": ("a.com", "*.a.com", "com", "a b.com", "_a.com", "a.com.", "", "*.*.com"),
    "matchName": ("a.com", "*.a.com", "com", "", "a b"),
    "matchPattern": ("*", "*.a.com", "", "a b"),
    **dict.fromkeys(
        ("toEntities", "fromEntities"), ("world", "all", "World", "world-ipv4", "none", "node", "")
    ),
    "defaultAction": ("Pass", "Deny", "Allow", "deny", ""),
    "selector": ("", "all()", "has(a)", "a == 'b'", "a ==", "!has(a)", "a b", "has(a) && "),
    "ipVersion": (4, 6, 5),
}
# Where a policy is sent depends on these.
_KEPT = (("apiVersion",), ("kind",), ("metadata",), ("metadata", "namespace"))
_NEW_KEYS = (
    "unknown",
    "status",
    "podselector",
    "to",
    "from",
    "ports",
    "tier",
    "priority",
    "egress",
)


def valid(kind: str, number: int) -> Resource:
    """A policy of a kind of `random_kinds.MAKERS`, always the same one for a number."""
    return random_kinds.MAKERS[kind](random.Random(number))


def damaged(kind: str, number: int) -> Resource:
    """The same policy with up to four changes; one of four has none."""
    dice = random.Random(f"{kind} {number}")
    found = copy.deepcopy(valid(kind, number))
    for _ in range(dice.choice((0, 1, 1, 1, 1, 2, 2, 4))):
        _damage(dice, found)
    return found


def _damage(dice: random.Random, value: Resource) -> None:
    paths = [one for one in _paths(value) if one not in _KEPT]
    if not paths:
        return
    path = dice.choice(paths)
    holder: Any = value
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    way = dice.randrange(12)
    key = next((one for one in reversed(path) if one in POOLS), "")
    if way <= 4 and key and not isinstance(holder[last], (dict, list)):
        holder[last] = dice.choice(POOLS[key])
    elif way <= 6:
        holder[last] = copy.deepcopy(dice.choice(_ANY))
    elif way == 7 and path != ("metadata", "name"):
        del holder[last]
    elif way == 8 and isinstance(holder[last], dict):
        holder[last][dice.choice(_NEW_KEYS)] = copy.deepcopy(dice.choice(_ANY))
    elif way == 9 and isinstance(holder[last], list) and holder[last]:
        holder[last] *= dice.choice((2, 3, 26, 41, 101))
    elif way == 10 and key and isinstance(holder, dict) and isinstance(holder[last], str):
        holder[dice.choice(_KEYS)] = holder.pop(last)
    elif key and isinstance(holder[last], list):
        holder[last].insert(0, dice.choice(POOLS[key]))
    elif isinstance(value["metadata"], dict):
        value["metadata"].update(copy.deepcopy(dice.choice(random_parts.METADATA)))


def _paths(value: Any, path: Path = ()) -> list[Path]:
    """The path of everything in a value."""
    found = [path] if path else []
    inner: dict[Any, Any] = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inner = dict(enumerate(value[:3]))
    for key, one in inner.items():
        found += _paths(one, (*path, key))
    return found
