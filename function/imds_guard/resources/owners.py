"""Who owns a resource: the ownerReferences that controllers write on what they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imds_guard.wire import Fields, Outline

if TYPE_CHECKING:
    from imds_guard.resources.resource import Resource

_REFERENCES = "metadata.ownerReferences"
_UID = "metadata.uid"
_OUTLINE = Outline(_REFERENCES, _UID)


class Owner(NamedTuple):
    """An entry of ownerReferences. `uid` is empty where it is not written."""

    group: str
    kind: str
    name: str
    uid: str


def owners_of(resource: Resource) -> tuple[Owner, ...]:
    """Its owners, the one that manages it first. An entry without a kind and a name is none.

    Raises ShapeError where what should hold them is no mapping.
    """
    if not resource.item.may_say("ownerReferences"):
        return ()
    held = Fields(resource.item, _OUTLINE).get(_REFERENCES)
    found: list[tuple[bool, Owner]] = []
    for one in held if isinstance(held, list) else ():
        if isinstance(one, dict) and one.get("kind") and one.get("name"):
            group = str(one.get("apiVersion") or "").rpartition("/")[0]
            owner = Owner(group, str(one["kind"]), str(one["name"]), str(one.get("uid") or ""))
            found.append((str(one.get("controller")).lower() != "true", owner))
    return tuple(owner for _, owner in sorted(found, key=lambda one: one[0]))


def uid_of(resource: Resource) -> str:
    """The uid that the API server has given it; empty in a manifest."""
    if not resource.item.may_say("uid"):
        return ""
    return Fields(resource.item, _OUTLINE).text(_UID) or ""
