"""Who refuses a policy: the API server, for each way to send it there, and IG005."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

from imds_guard.config import Config
from imds_guard.guard.verify import examine
from imds_guard.reach.match import Match
from imds_guard.reach.validity import Fault, validity
from imds_guard.reach.validity.fault import ENGINE, SINCE_1_36
from imds_guard.resources import resources
from imds_guard.wire import InputError, read
from tests.cluster.api import APPLY, STRICTLY, Api, Resource

_THREADS = 8


@dataclass(frozen=True)
class Refusal:
    """Who refuses a policy: all, some or none, with what was said."""

    who: str
    said: str = ""


def by_the_server(api: Api, policies: Sequence[Resource]) -> list[Refusal]:
    """What becomes of each policy; nothing is kept."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda policy: _asked(api, policy), policies))


def _asked(api: Api, policy: Resource) -> Refusal:
    # Where it is sent, whatever its own metadata says.
    place = {**policy, "metadata": {"name": "x", "namespace": "shop"}}
    collection = f"{api.path(place, named=False)}?dryRun=All&fieldValidation"
    answers = [api.request("POST", f"{collection}={how}", policy) for how in ("Strict", "Ignore")]
    name = policy["metadata"].get("name")
    if isinstance(name, str) and name and "/" not in name:
        place["metadata"]["name"] = quote(name)
        answers.append(api.request("PATCH", f"{api.path(place)}?{STRICTLY}", policy, APPLY))
    said = [answer.message for answer in answers if not answer.accepted]
    who = "all" if len(said) == len(answers) else "some" if said else "none"
    return Refusal(who, " | ".join(said)[:600])


def by_ig005(policy: Resource) -> Refusal:
    """What IG005 says of a policy, or what reads the input before it."""
    try:
        context, report = examine(resources(read(json.dumps(policy).encode())), Config())
    except InputError as refused:
        return Refusal("all", str(refused))
    faults = [
        fault
        for found in (
            *(context.network_policies.faults(view) for view in context.network_policies),
            *(found for _, found in context.policies.rules.faults),
        )
        for fault in found
    ]
    findings = [one for one in report.findings if one.id == "IG005"]
    assert len(findings) == len(faults)
    return Refusal(_who(faults), " | ".join(one.message for one in findings))


def _who(faults: list[Fault]) -> str:
    """Who refuses a policy of an API server of 1.36 and its clients; engines are not asked."""
    asked = [fault for fault in faults if fault.doubt != ENGINE]
    if any(fault.doubt == SINCE_1_36 for fault in asked) or validity(asked) is Match.NO:
        return "all"
    return "some" if asked else "none"
