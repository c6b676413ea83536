"""What holds for any bytes as manifests: how they are read, kept, looked for and audited."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fuzz.properties import one_message
from imds_guard.annotations import OWNER
from imds_guard.config import Config, ConfigError
from imds_guard.guard import run
from imds_guard.guard.files import read_files
from imds_guard.guard.verify import examine
from imds_guard.resources import Policy, Resource, read_network_policy, resources, workloads
from imds_guard.resources.network_policy import NETWORK_POLICY
from imds_guard.wire import InputError, Result, read
from imds_guard.wire.sequence import content_end


def check_reading(data: bytes) -> None:
    """Every resource and all that views say of it can be had, or is an error in words."""
    try:
        for resource in resources(read(data)):
            _look(resource)
    except InputError as error:
        one_message(error)


def check_bytes(data: bytes) -> None:
    """What is not ours comes out as it came, in the same order, whatever a string looks like."""
    try:
        before = _texts_of_others(data)
        after = _texts_of_others(b"".join(run(data).chunks))
    except (InputError, ConfigError) as error:
        one_message(error)
        return
    assert after == before, "bytes of others have changed"


def check_folder(data: bytes) -> None:
    """A file of a folder is read, or there is an error or a note that names the file."""
    notes: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("all.yaml", ".hidden.yaml", "values.yaml"):
            (Path(folder) / name).write_bytes(data)
        wrong = None
        found: list[Resource] = []
        try:
            found = list(read_files([folder], notes))
        except InputError as error:
            wrong = error
    if wrong:
        one_message(wrong)
        assert wrong.place.source.startswith(folder)
        return
    assert found or notes or not _holds_resources(data)
    for one in notes:
        assert one.path
        assert "\n" not in one.line()


def check_audit(data: bytes) -> None:
    """An audit gives findings of one line each, or an error in words."""
    try:
        _, report = examine(resources(read(data)), Config())
    except (InputError, ConfigError) as error:
        one_message(error)
        return
    for finding in report.findings:
        assert "\n" not in finding.line()
        finding.manifest()


def _look(resource: Resource) -> None:
    str(resource.address)
    assert resource.is_local_config in (True, False)
    (resource.path or "").encode()  # text that can be written
    assert all(isinstance(text, str) for text in resource.labels.values())
    for workload in workloads(resource):
        assert isinstance(workload.host_network, bool)
        assert all(isinstance(one, int) for one in workload.named_ports.values())
        assert isinstance(workload.service_account, str)
        list(workload.containers)
    if (resource.group, resource.kind) == NETWORK_POLICY:
        policy = read_network_policy(Policy(resource.address, resource=resource))
        assert all(isinstance(text, str) for text in policy.annotations.values())
    resource.item.value()


def _texts_of_others(data: bytes) -> list[bytes]:
    """The texts of all resources that are not ours, without the comments behind them."""
    if not data.strip():
        return []
    items = [one.item for one in resources(read(data)) if one.annotation(OWNER) is None]
    return [data[one.start : content_end(one)].rstrip() for one in items]


def _holds_resources(data: bytes) -> bool:
    try:
        return next(resources(read(data)), None) is not None
    except InputError:
        return False
