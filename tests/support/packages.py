"""Small packages for the real programs, and what is true of all that comes of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.support import clients
from tests.support.validity import violations
from tests.support.yaml_syntax import aliases_or_anchors

Resource: TypeAlias = "dict[str, Any]"
Files: TypeAlias = "Mapping[str, str | Mapping[str, Any]]"
"""File names and their contents: text, or what is to be written as YAML."""

_BIN = Path(sys.executable).parent
ENV = {"PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"}
"""The environment in which kustomize and kpt find the program of this very checkout."""

BASE_SET = ("allow-dns-egress", "default-deny-all", "deny-cloud-metadata")
"""The policies that a namespace gets by default, by name."""

# In the format that kustomize and kpt write themselves, so that they leave it as it is.
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop window
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: example.com/web:1
        args: ['--banner', "on", '012']
"""
SERVICE = """\
# The way in.
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
"""
APP = f"{WEB}---\n{SERVICE}"


def imds_guard() -> clients.Client:
    """The program as a process: the console script of the environment that runs the tests."""
    return clients.Client("imds-guard", _BIN / "imds-guard", "")


def named(text: str, *, name: str = "", namespace: str = "") -> str:
    """The resources in `text` with a name or a namespace of their own."""
    if name:
        text = text.replace("name: web", f"name: {name}").replace("app: web", f"app: {name}")
    if namespace:
        text = re.sub(r"(?m)^(  name: .*)$", rf"\1\n  namespace: {namespace}", text)
    return text


def namespace(name: str) -> Resource:
    """A Namespace of this name."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def policy(name: str) -> Resource:
    """A NetworkPolicy that somebody else wrote: it selects every pod and lets nothing in."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }


def imds_guard_config(
    spec: Mapping[str, Any] | None = None, *, image: str = "", legacy: bool = False
) -> Resource:
    """A functionConfig: for the program on PATH, for a container, or for the legacy plugin."""
    return {
        "apiVersion": "imds-guard.dev/v1alpha1",
        "kind": "ImdsGuard",
        "metadata": _metadata(image, legacy),
        **({"spec": dict(spec)} if spec else {}),
    }


def config_map(data: Mapping[str, str], *, image: str = "") -> Resource:
    """The same configuration as flat keys."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(image),
        "data": dict(data),
    }


def _metadata(image: str, legacy: bool = False) -> Resource:
    """The metadata that says how the function is run."""
    how = {"container": {"image": image}} if image else {"exec": {"path": "imds-guard"}}
    function = {"config.kubernetes.io/function": yaml.safe_dump(how)}
    return {"name": "imds-guard", **({} if legacy else {"annotations": function})}


def write(folder: Path, files: Files) -> Path:
    """Writes the files and returns the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(dict(content))
        path.write_text(text)
    return folder


def kustomization(folder: Path, files: Files | None = None, **fields: Any) -> Path:
    """Writes a kustomization of these fields, by default of app.yaml, with its files."""
    own = {"kustomization.yaml": {"resources": ["app.yaml"], **fields}}
    return write(folder, {"app.yaml": APP, **(files or {}), **own})


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below the folder and its bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def documents(stream: bytes) -> list[bytes]:
    """The documents of a YAML stream as they are written."""
    return [one for one in re.split(rb"(?m)^---\n", stream) if one.strip()]


def others(stream: bytes) -> list[bytes]:
    """The documents that are no NetworkPolicy, as they are written."""
    return [one for one in documents(stream) if b"\nkind: NetworkPolicy\n" not in one]


def policies(*streams: bytes) -> list[Resource]:
    """Every NetworkPolicy in these streams, after the checks that all of them pass."""
    loaded = (one for stream in streams for one in yaml.safe_load_all(stream))
    found: list[Resource] = [one for one in loaded if one and one["kind"] == "NetworkPolicy"]
    assert [aliases_or_anchors(stream.decode()) for stream in streams] == [[]] * len(streams)
    assert [fault for policy in found for fault in violations(policy)] == []
    dns = [one["spec"] for one in found if one["metadata"]["name"].endswith("allow-dns-egress")]
    peers = [spec["egress"][0]["to"][0] for spec in dns if "to" in spec["egress"][0]]
    assert [peer for peer in peers if not _selects_cluster_dns(peer)] == []
    return found


def _selects_cluster_dns(peer: Resource) -> bool:
    """Whether this is every pod of kube-system or CoreDNS, with no label that a build has added.

    kustomize adds its labels to every podSelector.matchLabels, those of peers included.
    """
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    pods = peer.get("podSelector", {})
    expressions = pods.get("matchExpressions", [])
    return (
        peer["namespaceSelector"] == system
        and "matchLabels" not in pods
        and all((one["key"], one["operator"]) == ("k8s-app", "In") for one in expressions)
        and all("kube-dns" in one["values"] for one in expressions)
    )


def names(found: Iterable[Resource]) -> list[str]:
    """`namespace/name` of each, sorted; the name alone where there is no namespace."""
    metadata = (one["metadata"] for one in found)
    return sorted("/".join((*filter(None, [m.get("namespace")]), m["name"])) for m in metadata)


def base_set(*namespaces: str, prefix: str = "") -> list[str]:
    """What `names` gives for the default policies of these namespaces; none: without one."""
    return [f"{n}/{prefix}{one}" for n in namespaces for one in BASE_SET] or [
        f"{prefix}{one}" for one in BASE_SET
    ]


def pod_selectors(found: Iterable[Resource]) -> list[Any]:
    """The distinct pod selectors of policies."""
    selectors: list[Any] = []
    for one in found:
        if one["spec"]["podSelector"] not in selectors:
            selectors.append(one["spec"]["podSelector"])
    return selectors


def egress_of(found: Iterable[Resource], name: str) -> Any:
    """The egress rules of the policy of this name."""
    return next(one["spec"]["egress"] for one in found if one["metadata"]["name"] == name)


def kustomize(folder: Path, *flags: str) -> clients.Completed:
    """Builds with the flags that an exec function needs, or with these."""
    flags = flags or ("--enable-alpha-plugins", "--enable-exec")
    return clients.kustomize().run("build", *flags, folder, env=ENV)


def build(folder: Path) -> list[Resource]:
    """The policies of a build that is the same twice and leaves all other documents alone."""
    built = kustomize(folder).ok()
    assert kustomize(folder).stdout == built.stdout
    # Without --enable-exec kustomize leaves an exec function out.
    plain = kustomize(folder, "--enable-alpha-plugins").ok()
    assert others(built.stdout) == others(plain.stdout)
    return policies(built.stdout)


def shipped(path: str) -> Path:
    """A file or folder of this checkout."""
    return clients.ROOT / path
