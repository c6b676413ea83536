"""What makes pods is seen, in the shapes that its documentation shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from imds_guard.platforms import POD_MAKERS, WITHOUT_PODS
from tests.support.program import imds_guard

POD = "{metadata: {labels: {app: a}}, spec: {containers: [{name: main, image: example.com/main}]}}"
BARE = "{spec: {containers: [{name: main, image: example.com/main}]}}"
SPEC = "{containers: [{name: main, image: example.com/main}]}"

# The apiVersion and kind, the spec, and how many pod templates are in it.
SHOWN = [
    ("ray.io/v1 RayCluster", f"headGroupSpec: {{template: {POD}}}", 1),
    (
        "ray.io/v1 RayCluster",
        f"headGroupSpec: {{rayStartParams: {{}}, template: {POD}}}\n"
        f"workerGroupSpecs: [{{groupName: a, template: {POD}}}, {{groupName: b, template: {POD}}}]",
        3,
    ),
    (
        "ray.io/v1 RayJob",
        f"entrypoint: python a.py\nsubmitterPodTemplate: {BARE}\n"
        f"rayClusterSpec: {{headGroupSpec: {{template: {POD}}}}}",
        2,
    ),
    ("ray.io/v1 RayService", f"rayClusterConfig: {{headGroupSpec: {{template: {POD}}}}}", 1),
    (
        "kubeflow.org/v1 TFJob",
        f"tfReplicaSpecs: {{PS: {{replicas: 1, template: {POD}}}, Worker: {{template: {POD}}}}}",
        2,
    ),
    ("kubeflow.org/v1 PyTorchJob", f"pytorchReplicaSpecs: {{Master: {{template: {POD}}}}}", 1),
    (
        "kubeflow.org/v2beta1 MPIJob",
        f"mpiReplicaSpecs: {{Launcher: {{template: {POD}}}, Worker: {{template: {POD}}}}}",
        2,
    ),
    ("kubeflow.org/v1 Notebook", f"template: {BARE}", 1),
    (
        "jobset.x-k8s.io/v1alpha2 JobSet",
        "replicatedJobs:\n"
        f"- {{name: a, template: {{spec: {{parallelism: 2, template: {POD}}}}}}}\n"
        f"- {{name: b, template: {{spec: {{template: {POD}}}}}}}",
        2,
    ),
    (
        "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet",
        f"leaderWorkerTemplate: {{size: 4, leaderTemplate: {POD}, workerTemplate: {BARE}}}",
        2,
    ),
    ("agents.x-k8s.io/v1alpha1 Sandbox", f"podTemplate: {POD}", 1),
    ("extensions.agents.x-k8s.io/v1alpha1 SandboxTemplate", f"podTemplate: {POD}", 1),
    ("batch.volcano.sh/v1alpha1 Job", f"tasks: [{{name: a, replicas: 2, template: {POD}}}]", 1),
    ("keda.sh/v1alpha1 ScaledJob", f"jobTargetRef: {{template: {POD}}}", 1),
    ("argoproj.io/v1alpha1 Rollout", f"selector: {{matchLabels: {{app: a}}}}\ntemplate: {POD}", 1),
    ("serving.knative.dev/v1 Service", f"template: {{spec: {SPEC}}}", 1),
    ("apps.openshift.io/v1 DeploymentConfig", f"selector: {{app: a}}\ntemplate: {POD}", 1),
    ("actions.github.com/v1alpha1 AutoscalingRunnerSet", f"template: {{spec: {SPEC}}}", 1),
    (
        "actions.github.com/v1alpha1 AutoscalingRunnerSet",
        f"template: {POD}\nlistenerTemplate: {BARE}",
        2,
    ),
    (
        "operators.coreos.com/v1alpha1 ClusterServiceVersion",
        f"install: {{spec: {{deployments: [{{name: a, spec: {{template: {POD}}}}}]}}}}",
        1,
    ),
    (
        "machinelearning.seldon.io/v1 SeldonDeployment",
        f"predictors: [{{componentSpecs: [{BARE}]}}]",
        1,
    ),
    (
        "workload.codeflare.dev/v1beta2 AppWrapper",
        f"components: [{{template: {{kind: Job, spec: {{template: {POD}}}}}}}]",
        1,
    ),
]

HIDDEN = [
    ("kubevirt.io/v1 VirtualMachine", "template: {spec: {domain: {devices: {}}}}"),
    ("kubevirt.io/v1 VirtualMachineInstance", "domain: {devices: {}}"),
    ("pool.kubevirt.io/v1alpha1 VirtualMachinePool", "virtualMachineTemplate: {spec: {}}"),
    ("monitoring.coreos.com/v1 Prometheus", "replicas: 2\nserviceMonitorSelector: {}"),
    ("monitoring.coreos.com/v1 Alertmanager", "replicas: 3"),
    ("monitoring.coreos.com/v1 ThanosRuler", "image: example.com/thanos"),
    ("ceph.rook.io/v1 CephCluster", "mon: {count: 3}"),
    ("ceph.rook.io/v1 CephObjectStore", "gateway: {instances: 1}"),
    ("csi.ceph.io/v1 Driver", "controllerPlugin: {hostNetwork: false}"),
    ("kafka.strimzi.io/v1beta2 Kafka", "kafka: {template: {pod: {metadata: {labels: {a: b}}}}}"),
    ("kafka.strimzi.io/v1beta2 KafkaNodePool", "replicas: 3\nroles: [broker]"),
    ("acid.zalan.do/v1 postgresql", "teamId: a\nnumberOfInstances: 2"),
    ("postgresql.cnpg.io/v1 Cluster", "instances: 3"),
    ("postgresql.cnpg.io/v1 Pooler", f"cluster: {{name: a}}\ntemplate: {POD}"),
    ("argoproj.io/v1alpha1 Workflow", "templates: [{name: a, container: {image: example.com/a}}]"),
    ("argoproj.io/v1alpha1 CronWorkflow", "schedule: '@daily'\nworkflowSpec: {templates: []}"),
    ("tekton.dev/v1 TaskRun", "taskSpec: {steps: [{name: a, image: example.com/a}]}"),
    ("tekton.dev/v1 PipelineRun", "pipelineRef: {name: a}"),
    ("sparkoperator.k8s.io/v1beta2 SparkApplication", "driver: {cores: 1}"),
    ("flink.apache.org/v1beta1 FlinkDeployment", f"taskManager: {{podTemplate: {POD}}}"),
    ("trainer.kubeflow.org/v1alpha1 TrainJob", "runtimeRef: {name: torch}"),
    ("extensions.agents.x-k8s.io/v1alpha1 SandboxClaim", "sandboxTemplateRef: {name: a}"),
    ("example.com/v1 Robot", "containers: [{name: a, image: example.com/a}]"),
]


def resource(type: str, spec: str) -> dict[str, Any]:
    version, kind = type.split()
    metadata = {"name": "thing", "namespace": "shop"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": yaml.safe_load(spec)}


def audit(*resources: dict[str, Any], args: tuple[str, ...] = ()) -> Any:
    data = yaml.safe_dump_all(resources).encode()
    ended = imds_guard("audit", "-", "--format", "json", *args, stdin=data)
    assert ended.status in (0, 1), ended.stderr
    return json.loads(ended.stdout)


def is_governed(*resources: dict[str, Any]) -> bool:
    ended = imds_guard(stdin=yaml.safe_dump_all(resources).encode())
    return b"name: default-deny-all\n  namespace: shop" in ended.stdout


def unseen(found: Any) -> list[str]:
    return [one["subject"] for one in found["findings"] if one["id"] == "IG009"]


@pytest.mark.parametrize(("type", "spec", "number"), SHOWN)
def test_a_template_is_seen_wherever_it_is(type: str, spec: str, number: int) -> None:
    given = resource(type, spec)
    found = audit(given)
    assert found["summary"]["workloads"] == number
    assert not unseen(found)
    assert is_governed(given)


@pytest.mark.parametrize(("type", "spec"), HIDDEN)
def test_what_shows_no_template_is_named(type: str, spec: str) -> None:
    given = resource(type, spec)
    assert unseen(audit(given)) == ["shop/thing"]
    assert is_governed(given)


def test_a_template_does_not_tell_of_all_pods_of_such_a_kind() -> None:
    given = resource("flink.apache.org/v1beta1 FlinkDeployment", f"podTemplate: {BARE}")
    found = audit(given)
    assert found["summary"]["workloads"] == 1
    assert unseen(found) == ["shop/thing"]


POLICY = resource("networking.k8s.io/v1 NetworkPolicy", "podSelector: {matchLabels: {app: herd}}")


def test_a_policy_for_pods_of_nobody_is_of_a_custom_resource() -> None:
    farm = resource("example.com/v1 Farm", "size: 3")
    found = audit(farm, POLICY)
    assert unseen(found) == ["shop/thing"]
    (message,) = (one["message"] for one in found["findings"] if one["id"] == "IG009")
    assert "app=herd" in message
    assert is_governed(farm, POLICY)
    assert not unseen(audit(farm))
    assert not is_governed(farm)


def test_it_is_not_where_a_workload_has_the_label() -> None:
    farm = resource("example.com/v1 Farm", "size: 3")
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}}
    pod["metadata"] = {"name": "a", "namespace": "shop", "labels": {"app": "herd"}}
    assert not unseen(audit(farm, POLICY, pod))
    away = {**farm, "metadata": {"name": "thing", "namespace": "stock"}}
    assert not unseen(audit(away, POLICY))


@pytest.mark.parametrize(
    "type",
    [
        "monitoring.coreos.com/v1 ServiceMonitor",
        "networking.istio.io/v1 Gateway",
        "cert-manager.io/v1 Certificate",
        "policies.kyverno.io/v1 ValidatingPolicy",
        "snapshot.storage.k8s.io/v1 VolumeSnapshot",
    ],
)
def test_it_is_no_resource_that_configures_something_else(type: str) -> None:
    assert not unseen(audit(resource(type, "{}"), POLICY))


def test_what_lives_in_no_namespace_governs_none() -> None:
    jobs = f"template: {{spec: {{replicatedJobs: [{{template: {{spec: {{template: {POD}}}}}}}]}}}}"
    runtime = resource("trainer.kubeflow.org/v1alpha1 ClusterTrainingRuntime", jobs)
    del runtime["metadata"]["namespace"]
    assert audit(runtime)["summary"]["workloads"] == 0


def test_no_kind_is_said_to_make_pods_and_to_make_none() -> None:
    assert all(source.source.title for source in POD_MAKERS.values())
    assert {group for group, _ in POD_MAKERS} & WITHOUT_PODS == {"monitoring.coreos.com"}
