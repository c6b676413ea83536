"""What SECURITY.md says the program never does, shown as far as it can be shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imds_guard.config import Config, ConfigError
from imds_guard.guard import run
from imds_guard.wire import InputError
from release.sbom import bill
from tests.support import clients
from tests.support.packages import APP, base_set, names, policies
from tests.support.program import imds_guard

# Runs the program under an audit hook of Python, which sees what every library does, and tells
# what it did besides reading its own code. Nothing can take the hook away again.
WATCHED = """
import json, os, sys

seen = []
ACTS = ("socket.", "subprocess.", "os.", "shutil.", "urllib.", "http.", "ftplib.", "smtplib.",
        "webbrowser.", "pty.", "ctypes.", "mmap.", "tempfile.", "signal.", "syslog.")
QUIET = ("os.listdir", "os.scandir", "os.walk")  # how modules are found
OWN = tuple(os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, *sys.path, {root!r}) if p)

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        writes = bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        inside = isinstance(path, int) or os.path.realpath(path).startswith(OWN)
        if writes or not inside:
            seen.append([event, str(path), "write" if writes else "read"])
    elif event.startswith(ACTS) and event not in QUIET:
        seen.append([event, *map(str, args)])

sys.path[:] = [p for p in sys.path if p]
sys.dont_write_bytecode = True
sys.addaudithook(watch)
from imds_guard.__main__ import main
sys.argv = ["imds-guard", *sys.argv[1:]]
try:
    main()
finally:
    os.write(2, ("WATCHED" + json.dumps(seen)).encode())
"""


def watched(*args: str, stdin: str = "", cwd: Path | None = None) -> tuple[bytes, list[Any]]:
    """What a run wrote, and what it did that is not reading its own code."""
    code = WATCHED.format(root=str(clients.ROOT))
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        input=stdin.encode(),
        capture_output=True,
        cwd=cwd,
        check=False,
    )
    said, _, seen = done.stderr.decode().partition("WATCHED")
    assert "Traceback" not in said
    return done.stdout, json.loads(seen)


def resource_list(config: dict[str, Any], *items: dict[str, Any]) -> str:
    """A ResourceList, as a host sends it."""
    made = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "functionConfig": config,
        "items": list(items),
    }
    return json.dumps(made)


def guard_config(**spec: Any) -> dict[str, Any]:
    """A functionConfig that stays out of the cluster."""
    metadata = {"name": "c", "annotations": {"config.kubernetes.io/local-config": "true"}}
    return {
        "apiVersion": "imds-guard.dev/v1alpha1",
        "kind": "ImdsGuard",
        "metadata": metadata,
        "spec": spec,
    }


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "prod"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}},
    },
}


@pytest.mark.parametrize(
    "data",
    [
        APP,
        resource_list(guard_config(egress="any", scope="workload"), DEPLOYMENT),
        # A transformer that names files reads none of them.
        resource_list(guard_config(manifests=["/etc/passwd", "/etc"]), DEPLOYMENT),
        "{not: [yaml",
        "kind: ResourceList\nitems: x\n",
    ],
)
def test_a_function_reads_stdin_and_touches_nothing_else(data: str, tmp_path: Path) -> None:
    _, seen = watched(stdin=data, cwd=tmp_path)
    assert seen == []
    assert list(tmp_path.iterdir()) == []


def test_an_audit_touches_nothing_else(tmp_path: Path) -> None:
    _, seen = watched("audit", "-", "--format", "sarif", stdin=APP, cwd=tmp_path)
    assert [one for one in seen if one[0] != "open" or one[2] == "write"] == []
    assert list(tmp_path.iterdir()) == []


def test_the_watch_sees_what_it_is_there_for(tmp_path: Path) -> None:
    """A generator that names a file reads it, and -o writes one: both are seen."""
    (tmp_path / "app.yaml").write_text(APP)
    config = guard_config(manifests=["app.yaml"])
    out, seen = watched(stdin=resource_list(config, config), cwd=tmp_path)
    assert json.loads(out)["items"]
    assert seen == [["open", "app.yaml", "read"]]
    _, seen = watched("generate", "app.yaml", "-o", "out.yaml", cwd=tmp_path)
    assert "write" in [one[-1] for one in seen]
    assert names(policies((tmp_path / "out.yaml").read_bytes())) == base_set()


@pytest.mark.parametrize("content", ["root:MARKER:0:0\n", "MARKER: [\n", "- MARKER\n", "MARKER"])
def test_a_file_that_a_configuration_names_is_not_quoted(content: str, tmp_path: Path) -> None:
    secret = tmp_path / "passwd"
    secret.write_text(content)
    config = guard_config(manifests=[str(secret)])
    done = imds_guard(stdin=resource_list(config, config).encode())
    assert (done.status, done.stdout) == (2, b"")
    assert "MARKER" not in done.stderr


MARKER = "hunter2"
HOLDERS = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData:\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n",
    "kind: ResourceList\nitems:\n- kind: Secret\n  metadata: {name: a}\n  data:\n",
)
JSON_HOLDER = '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"},"data":'
PIECES = st.sampled_from(
    (
        *("\n", "  ", " ", "\t", ":", ": ", "- ", "? ", "|", "|\n", ">-\n", "|9\n", "#", " #", ","),
        *('"', "'", "{", "}", "[", "]", "\\", "\\x", "&a ", "*a", "*", "&", "!!x ", "!", "%", "@"),
        *("---\n", "...\n", "<<: ", "a: ", "b: ", "\r", "\x00", "\x07", "\ufeff", "\u2028", "é"),
        *(MARKER, f"{MARKER}: ", f"&{MARKER} ", f"*{MARKER} ", f"!{MARKER} ", f'"{MARKER}"'),
    )
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from((*HOLDERS, JSON_HOLDER)), st.lists(PIECES, min_size=1, max_size=12))
def test_no_message_holds_what_a_secret_holds(holder: str, pieces: list[str]) -> None:
    text = f"{holder}    password: {MARKER}\n    " if holder in HOLDERS else f'{holder}"{MARKER}"'
    data = (text + "".join(pieces)).encode()
    assert MARKER not in said_of(data)


def said_of(data: bytes) -> str:
    """All that is said of an input, in results and in words."""
    try:
        outcome = run(data, Config())
    except (InputError, ConfigError) as error:
        return str(error)
    lines = (result.line() + json.dumps(result.manifest()) for result in outcome.results)
    return "\n".join(lines)


def test_the_bill_of_materials_is_the_lock() -> None:
    lock = (clients.ROOT / "requirements.txt").read_text()
    made = bill(lock, (clients.ROOT / "pyproject.toml").read_text())
    assert made["metadata"]["component"]["name"] == "imds-guard"
    pins = {f"{one['name']}=={one['version']}" for one in made["components"]}
    assert pins == {line.split()[0] for line in lock.splitlines() if line[:1].isalnum()}
    hashes = [found["content"] for one in made["components"] for found in one["hashes"]]
    assert len(hashes) == lock.count("--hash=sha256:")
    references = {one["bom-ref"] for one in made["components"]}
    needed = {ref for one in made["dependencies"] for ref in one["dependsOn"]}
    assert needed == references
