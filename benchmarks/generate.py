"""Write what there is to measure with: made-up resources, or the packages named as paths.

python -m benchmarks.generate 10000         a ResourceList of 10,000 resources
python -m benchmarks.generate --audit 10000 a stream of 10,000 workloads and 2,000 policies
python -m benchmarks.generate deploy/       a ResourceList of the resources in files and folders

The same arguments always write the same bytes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HEADER = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: imds-guard.dev/v1alpha1
  kind: ImdsGuard
  metadata:
    name: imds-guard
items:
"""

# A namespace of a list by kinds: itself, ten Deployments, five Services, four ConfigMaps. 10,000
# resources are 500 namespaces and about 12 MB. Mixed, so that a short list has every kind too.
NAMESPACE = "NDDSDCDSDDCSDDCSDDCS"

# What is audited has so many workloads in each namespace, under the policies that imds-guard
# writes and one of the application's own: five workloads to a policy.
AUDITED_WORKLOADS = 20

POLICIES = Path(__file__).parent / "kyaml" / "policies.yaml"

_NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: {ns}
  labels:
    kubernetes.io/metadata.name: {ns}
    pod-security.kubernetes.io/enforce: restricted
    team: team-{team}
  annotations:
{paths}
"""

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:{comment}
  name: {name}
  namespace: {ns}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: {ns}
    app.kubernetes.io/version: {version}
  annotations:
{paths}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/part-of: {ns}
        tier: {tier}
    spec:
      serviceAccountName: {name}
      containers:
      - name: {name}
        image: registry.example.com/{ns}/{name}:{version}
        ports:
        - name: http
          containerPort: {port}
        env:
        - name: LOG_LEVEL
          value: {level}
        - name: LISTEN
          value: ":{port}"
        - name: NODE_NAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        readinessProbe:
          httpGet:
            path: /ready
            port: http
          periodSeconds: 5
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: 10
        resources:
          requests:
            cpu: 100m
            memory: {memory}Mi
          limits:
            memory: {memory}Mi
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
        volumeMounts:
        - name: scratch
          mountPath: /var/cache/{name}
      volumes:
      - name: scratch
        emptyDir: {{}}
"""

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {ns}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: {ns}
  annotations:
{paths}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
  - name: http
    port: 80
    protocol: TCP
    targetPort: http
"""

_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-settings
  namespace: {ns}
  labels:
    app.kubernetes.io/part-of: {ns}
  annotations:
{paths}
data:
  mode: "0{number}"
  enabled: 'yes'
  app.properties: |
    # Written by hand.
    server.port={port}
    server.name={name}.{ns}.svc

    cache.size={memory}
    cache.path=/var/cache/{name}
"""

_OWN_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-front
  namespace: {ns}
spec:
  podSelector:
    matchLabels:
      tier: back
  policyTypes:
  - Ingress
  ingress:
  - from:
    - podSelector:
        matchLabels:
          tier: front
    ports:
    - protocol: TCP
      port: http
"""

# What hosts say on every resource that they send to a function.
_PATHS = """\
    internal.config.kubernetes.io/path: {path}
    config.kubernetes.io/path: {path}
    internal.config.kubernetes.io/index: '{index}'
    config.kubernetes.io/index: '{index}'"""

_TEMPLATES = {"N": _NAMESPACE, "D": _DEPLOYMENT, "S": _SERVICE, "C": _CONFIG_MAP}


def resource_list(count: int) -> Iterator[str]:
    """The text of a ResourceList of so many resources, piece by piece."""
    yield HEADER
    for number in range(count):
        namespace, place = divmod(number, len(NAMESPACE))
        kind = NAMESPACE[place]
        yield _item(_filled(kind, namespace, NAMESPACE[: place + 1].count(kind)))


def audited(workloads: int) -> Iterator[str]:
    """The text of a stream with so many workloads and a fifth as many policies."""
    texts = [*POLICIES.read_text().split("---\n"), _OWN_POLICY.format(ns="NAMESPACE")]
    for number in range(workloads):
        namespace, place = divmod(number, AUDITED_WORKLOADS)
        if place == 0:
            yield _filled("N", namespace, 1)
            for text in texts:
                yield "---\n" + text.replace("NAMESPACE", _name(namespace))
            yield "---\n"
        last = number == workloads - 1
        yield _filled("D", namespace, place + 1) + ("" if last else "---\n")


def _name(namespace: int) -> str:
    return f"shop-{namespace:05d}"


def _filled(kind: str, namespace: int, nth: int) -> str:
    """The nth resource of a kind in a namespace."""
    ns, app = _name(namespace), f"app-{nth:03d}"
    # A Service is the second document of the file that has its workload.
    file = {"N": "namespace", "C": f"settings-{nth:03d}"}.get(kind, app)
    return _TEMPLATES[kind].format(
        ns=ns,
        name=app,
        number=nth,
        team=namespace % 17,
        version=f"1.{namespace % 40}.{nth}",
        replicas=1 + nth % 3,
        tier="front" if nth % 2 else "back",
        port=8000 + nth,
        level=("info", "debug", "warning")[nth % 3],
        memory=64 * (1 + (namespace + nth) % 8),
        # One in eight has a comment, as files have that people write.
        comment="" if (namespace + nth) % 8 else " # owned by the platform team",
        paths=_PATHS.format(path=f"{ns}/{file}.yaml", index=int(kind == "S")),
    )


def _item(text: str) -> str:
    """A document as an item of a list."""
    first, *rest = text.splitlines(keepends=True)
    return "".join([f"- {first}", *(f"  {line}" if line.strip() else line for line in rest)])


def packages(paths: list[Path]) -> Iterator[str]:
    """The text of a ResourceList with the resources in files and folders, in order of their names.

    A document that is no resource, or none by itself such as a Helm template, is left out.
    """
    yield HEADER
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*.y*ml"))
        for file in files:
            yield from _sent(file, str(file.relative_to(path)) if path.is_dir() else file.name)


def _sent(file: Path, path: str) -> Iterator[str]:
    """The resources of a file, as a host sends them."""
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    for index, document in enumerate(re.split(r"(?m)^---(?:[ \t].*)?\n", text)):
        paths = _PATHS.format(path=f"'{path}'", index=index)
        for candidate in (_annotated(document, paths), document):
            item = _item(candidate.strip("\n") + "\n")
            if _is_resource(item):
                yield item
                break


def _annotated(document: str, annotations: str) -> str:
    """With these annotations too, where metadata and its annotations have the plain shape."""
    head, found, rest = document.partition("\nmetadata:\n")
    metadata = re.match(r"(?:  .*\n|[ \t]*\n)*", rest)
    block = metadata[0] if metadata else ""
    if "\n  annotations:\n" in f"\n{block}":
        after, key, block = f"\n{block}".partition("\n  annotations:\n")
        noted = f"{after}{key}{annotations}\n{block}".removeprefix("\n")
    elif "\n  annotations:" in f"\n{block}":
        return document
    else:
        noted = f"  annotations:\n{annotations}\n{block}"
    return f"{head}{found}{noted}{rest[metadata.end() if metadata else 0 :]}" if found else document


def _is_resource(item: str) -> bool:
    # Only here, so that what measures can import this module and stay small.
    import yaml

    try:
        value = yaml.load(item, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return False
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return False
    found, metadata = value[0], value[0].get("metadata")
    names = [found.get("apiVersion"), found.get("kind")]
    names.append(metadata.get("name") if isinstance(metadata, dict) else None)
    return all(isinstance(name, str) for name in names)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write resources to measure with.")
    parser.add_argument("what", nargs="+", metavar="COUNT|PATH")
    parser.add_argument("--audit", action="store_true", help="workloads and policies, as a stream")
    options = parser.parse_args()
    if options.what[0].isdecimal():
        texts = (audited if options.audit else resource_list)(int(options.what[0]))
    else:
        texts = packages([Path(path) for path in options.what])
    sys.stdout.writelines(texts)


if __name__ == "__main__":
    main()
