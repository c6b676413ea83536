"""What has to change so that the policies that are wanted are the ones that stand."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from imds_guard.annotations import BESIDE, GIVEN_KEYS, MANAGED_BY, OWNER, UNTIL
from imds_guard.config.setting import Setting
from imds_guard.guard.discover import NEW_FILE
from imds_guard.policies import WRITTEN_KINDS
from imds_guard.resources import INDEX_ANNOTATIONS, PATH_ANNOTATIONS, Policy, note
from imds_guard.wire import as_text, mapping

if TYPE_CHECKING:
    from imds_guard.config import Config
    from imds_guard.guard.discover import Inventory
    from imds_guard.guard.plan import Plan, Planned
    from imds_guard.resources import Resource
    from imds_guard.wire import Listing, Manifest, Result, Value

_OPTIONAL = (GIVEN_KEYS, UNTIL)  # annotations of ours that some policies have


def reconcile(
    listing: Listing, inventory: Inventory, plan: Plan, config: Config
) -> tuple[list[Policy], list[Result]]:
    """Note in `listing` what has to change; give what will stand, and what is in the way of it.

    A policy of ours that is still right keeps its bytes, a stale one is replaced in place, one no
    longer wanted goes. Policies of another functionConfig and of other people stay; one that has
    the name of a wanted one is a conflict.
    """
    results: list[Result] = []
    standing: list[Policy] = []
    wanted = {one.key: one for one in plan.policies}
    for policy in inventory.policies:
        key = policy.key
        planned = wanted.get(key)
        owner = policy.annotation(OWNER)
        is_ours = owner == config.name and (policy.group, policy.kind) in WRITTEN_KINDS
        # Two configurations may share a name: elsewhere, what this one does not want stays.
        is_here = policy.namespace in plan.targets.governed
        if policy.is_cluster_wide:
            is_here = bool(config.spec.deny or config.spec.admission)
        if is_ours and planned is None and _goes_with(policy, inventory):
            replacement = None
        elif is_ours and (is_here or planned is not None):
            if planned is None:
                listing.changes(policy.sequence).removed.add(policy.index)
                continue
            replacement = _refresh(policy, planned.manifest)
        elif planned is not None and not _is_shared(policy, owner, planned):
            replacement = _conflict(policy, planned, config, results)
        else:
            replacement = None
        value: Value = None
        if replacement is not None:
            listing.changes(policy.sequence).replaced[policy.index] = replacement
            value = as_text(replacement)
        standing.append(Policy(policy.address, resource=policy, value=value, is_ours=is_ours))
        # Its name is taken now: a second policy of this name would be one too many.
        wanted.pop(key, None)
    known: dict[int, tuple[Value, Value]] = {}
    for planned in wanted.values():
        listing.append(placed(planned, inventory))
        value = as_text(planned.manifest, known)
        namespace = planned.namespace
        standing.append(Policy(planned.address, namespace=namespace, value=value, is_ours=True))
    return standing, results


def _goes_with(policy: Resource, inventory: Inventory) -> bool:
    """Whether the policy goes with another one, which is still there: an earlier repair wrote it.

    Since that one is repaired, nothing shows any more that this one is wanted.
    """
    beside = policy.annotation(BESIDE)
    return beside is not None and (policy.namespace, beside) in inventory.network_policies


def _refresh(policy: Resource, manifest: Manifest) -> Manifest | None:
    return None if _is_right(policy, manifest) else _merged(policy, manifest)


def _is_right(policy: Resource, manifest: Manifest) -> bool:
    """Whether the policy says what is wanted; labels and annotations of others may stand there."""
    stands, wanted = policy.item.value(), as_text(manifest)
    if {**stands, "metadata": None} != {**wanted, "metadata": None}:
        return False
    annotations = mapping(stands["metadata"].get("annotations"))
    if any(annotations.get(k) != wanted["metadata"]["annotations"].get(k) for k in _OPTIONAL):
        return False
    for part in ("labels", "annotations"):
        has = mapping(stands["metadata"].get(part))
        # kustomize's buildMetadata puts its own name into the label; the owner is an annotation.
        asked = {k: v for k, v in wanted["metadata"][part].items() if k != MANAGED_BY[0]}
        if any(has.get(key) != value for key, value in asked.items()):
            return False
    return True


def _merged(policy: Resource, manifest: Manifest) -> Manifest:
    """The manifest with the labels and annotations that others have put on the policy."""
    stands = policy.item.value()["metadata"]
    given = str(mapping(stands.get("annotations")).get(GIVEN_KEYS) or "").split(", ")
    metadata = dict(manifest["metadata"])
    for part in ("labels", "annotations"):
        has = mapping(stands.get(part))
        others = {k: v for k, v in has.items() if k not in given and k not in _OPTIONAL}
        metadata[part] = {**others, **metadata[part]}
    return {**manifest, "metadata": metadata}


def _is_shared(policy: Resource, owner: str | None, planned: Planned) -> bool:
    """Whether another functionConfig wrote the very same rules: one policy serves both."""
    spec = as_text(planned.manifest["spec"])
    return owner is not None and bool(policy.item.value().get("spec") == spec)


def _conflict(
    policy: Resource, planned: Planned, config: Config, results: list[Result]
) -> Manifest | None:
    how = config.spec.conflicts
    if how == "adopt":
        return _merged(policy, planned.manifest)
    owner = policy.annotation(OWNER)
    whose = f"belongs to the functionConfig {owner}" if owner else "is not imds-guard's"
    subject = str(policy.address)
    if how == "skip":
        message = f"a {policy.kind} of this name {whose}; left as it is, ours is not written"
        results.append(note("warning", "conflict", subject, message, about=policy))
        return None
    message = f"a {policy.kind} of this name {whose}, so ours cannot be written"
    fix = "rename it, set names, or set conflicts to adopt or skip"
    remedies = [(Setting("conflicts", "adopt"),)]
    results.append(
        note("error", "conflict", subject, message, about=policy, fix=fix, remedies=remedies)
    )
    return None


def placed(planned: Planned, inventory: Inventory) -> Manifest:
    """The manifest with a place in the package, next to what it protects.

    Two items cannot have the same path and index: kpt refuses them.
    """
    beside = planned.protects.path if planned.protects else None
    if planned.protects is None and inventory.has_paths:
        beside = NEW_FILE  # it is for all of the cluster: in the folder of the package itself
    if beside is None:
        return planned.manifest
    path = posixpath.join(posixpath.dirname(beside), NEW_FILE)
    index = inventory.next_index.get(path, 0)
    inventory.next_index[path] = index + 1
    metadata = planned.manifest["metadata"]
    place = {
        **dict.fromkeys(PATH_ANNOTATIONS, path),
        **dict.fromkeys(INDEX_ANNOTATIONS, str(index)),
    }
    annotations = {**metadata["annotations"], **place}
    return {**planned.manifest, "metadata": {**metadata, "annotations": annotations}}
