"""Kinds that make pods without showing a pod template. A new one is an entry here.

Their namespaces are governed, since pods run there, and what the pods need is not known.
"""

from __future__ import annotations

from imds_guard.platforms.model import PodMaker, Source

_KUBEVIRT = Source("KubeVirt user guide, virtual machines; a virt-launcher pod runs each of them")
_PROMETHEUS = Source("Prometheus operator, API reference; a StatefulSet runs each of them")
_ROOK = Source("Rook documentation, CRDs; Deployments and Jobs of the operator")
_STRIMZI = Source("Strimzi documentation, API reference; pods of a StrimziPodSet or a Deployment")
_ARGO = Source("Argo Workflows, fields; a pod runs each step")
_TEKTON = Source("Tekton Pipelines, TaskRuns; a pod runs each TaskRun")
_SPARK = Source("Spark operator, API reference; a pod for the driver and for each executor")
_ZALANDO = Source("Zalando Postgres operator, manifest reference")
_CLOUDNATIVEPG = Source("CloudNativePG documentation, API reference")
_FLINK = Source("Flink Kubernetes operator, reference; pods of JobManager and TaskManagers")

_ALL = (
    *(
        PodMaker("kubevirt.io", kind, _KUBEVIRT)
        for kind in (
            "VirtualMachine",
            "VirtualMachineInstance",
            "VirtualMachineInstanceReplicaSet",
        )
    ),
    PodMaker("pool.kubevirt.io", "VirtualMachinePool", _KUBEVIRT),
    *(
        PodMaker("monitoring.coreos.com", kind, _PROMETHEUS)
        for kind in ("Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler")
    ),
    *(
        PodMaker("ceph.rook.io", kind, _ROOK)
        for kind in ("CephCluster", "CephFilesystem", "CephObjectStore", "CephNFS", "CephRBDMirror")
    ),
    *(
        PodMaker("kafka.strimzi.io", kind, _STRIMZI)
        for kind in (
            *("Kafka", "KafkaNodePool", "KafkaConnect", "KafkaBridge"),
            *("KafkaMirrorMaker", "KafkaMirrorMaker2"),
        )
    ),
    PodMaker(
        "acid.zalan.do", "postgresql", Source("Zalando Postgres operator, manifest reference")
    ),
    PodMaker("postgresql.cnpg.io", "Cluster", _CLOUDNATIVEPG),
    PodMaker("postgresql.cnpg.io", "Pooler", _CLOUDNATIVEPG),
    PodMaker("argoproj.io", "Workflow", _ARGO),
    PodMaker("argoproj.io", "CronWorkflow", _ARGO),
    PodMaker("tekton.dev", "TaskRun", _TEKTON),
    PodMaker("tekton.dev", "PipelineRun", _TEKTON),
    PodMaker("sparkoperator.k8s.io", "SparkApplication", _SPARK),
    PodMaker("sparkoperator.k8s.io", "ScheduledSparkApplication", _SPARK),
    PodMaker("flink.apache.org", "FlinkDeployment", _FLINK),
    PodMaker("flink.apache.org", "FlinkSessionJob", _FLINK),
)

POD_MAKERS: dict[tuple[str, str], PodMaker] = {(one.group, one.kind): one for one in _ALL}
