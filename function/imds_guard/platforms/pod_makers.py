"""Kinds that make pods without showing a pod template, or not all of them. A new one is an entry.

Their namespaces are governed, since pods run there, and what the pods need is not known.
"""

from __future__ import annotations

from imds_guard.platforms.model import PodMaker, Source

# API group, kinds, source.
_ALL: tuple[tuple[str, str, str], ...] = (
    # Virtual machines
    (
        "kubevirt.io",
        "VirtualMachine VirtualMachineInstance VirtualMachineInstanceReplicaSet",
        "KubeVirt user guide, virtual machines; a virt-launcher pod runs each of them",
    ),
    ("pool.kubevirt.io", "VirtualMachinePool", "KubeVirt user guide, VirtualMachinePools"),
    ("cdi.kubevirt.io", "DataVolume", "CDI documentation, DataVolumes; importer and upload pods"),
    # Monitoring
    (
        "monitoring.coreos.com",
        "Prometheus PrometheusAgent Alertmanager ThanosRuler",
        "Prometheus operator, API reference; a StatefulSet runs each of them",
    ),
    (
        "operator.victoriametrics.com",
        "VMAgent VMAlert VMAlertmanager VMAuth VMCluster VMSingle",
        "VictoriaMetrics operator, resources",
    ),
    ("grafana.integreatly.org", "Grafana", "Grafana operator, API reference"),
    ("opentelemetry.io", "OpenTelemetryCollector", "OpenTelemetry operator, API reference"),
    ("jaegertracing.io", "Jaeger", "Jaeger operator documentation"),
    # Storage
    (
        "ceph.rook.io",
        "CephCluster CephFilesystem CephFilesystemMirror CephObjectStore CephNFS CephRBDMirror "
        "CephCOSIDriver",
        "Rook documentation, CRDs; Deployments and Jobs of the operator",
    ),
    ("csi.ceph.io", "Driver", "Ceph CSI operator, API reference; a Deployment and a DaemonSet"),
    ("minio.min.io", "Tenant", "MinIO operator, Tenant"),
    # Databases and queues
    (
        "kafka.strimzi.io",
        "Kafka KafkaNodePool KafkaConnect KafkaBridge KafkaMirrorMaker KafkaMirrorMaker2",
        "Strimzi documentation, API reference; pods of a StrimziPodSet or a Deployment",
    ),
    ("acid.zalan.do", "postgresql", "Zalando Postgres operator, manifest reference"),
    ("postgresql.cnpg.io", "Cluster Pooler", "CloudNativePG documentation, API reference"),
    (
        "postgres-operator.crunchydata.com",
        "PostgresCluster PGAdmin",
        "Crunchy Postgres for Kubernetes, CRD reference",
    ),
    ("pxc.percona.com", "PerconaXtraDBCluster", "Percona operator for MySQL (XtraDB Cluster)"),
    ("psmdb.percona.com", "PerconaServerMongoDB", "Percona operator for MongoDB"),
    ("pgv2.percona.com", "PerconaPGCluster", "Percona operator for PostgreSQL"),
    ("k8s.mariadb.com", "MariaDB MaxScale", "MariaDB operator, API reference"),
    ("mysql.oracle.com", "InnoDBCluster", "MySQL operator for Kubernetes, manual"),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity", "MongoDB Community operator"),
    ("databases.spotahome.com", "RedisFailover", "Redis operator (spotahome)"),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch", "Elastic Cloud on Kubernetes, API reference"),
    ("kibana.k8s.elastic.co", "Kibana", "Elastic Cloud on Kubernetes, API reference"),
    ("rabbitmq.com", "RabbitmqCluster", "RabbitMQ cluster operator"),
    ("cassandra.datastax.com", "CassandraDatacenter", "cass-operator, API reference"),
    ("scylla.scylladb.com", "ScyllaCluster", "Scylla operator, API reference"),
    ("clickhouse.altinity.com", "ClickHouseInstallation", "ClickHouse operator (Altinity)"),
    # Workflows and builds
    ("argoproj.io", "Workflow CronWorkflow", "Argo Workflows, fields; a pod runs each step"),
    ("argoproj.io", "EventSource Sensor EventBus", "Argo Events, architecture; a Deployment each"),
    ("tekton.dev", "TaskRun PipelineRun", "Tekton Pipelines, TaskRuns; a pod runs each TaskRun"),
    ("triggers.tekton.dev", "EventListener", "Tekton Triggers, EventListeners; a Deployment"),
    ("build.openshift.io", "Build BuildConfig", "OpenShift documentation, builds; a pod each"),
    ("operators.coreos.com", "CatalogSource", "OLM documentation, CatalogSource; a registry pod"),
    # Computing and learning
    (
        "sparkoperator.k8s.io",
        "SparkApplication ScheduledSparkApplication SparkConnect",
        "Spark operator, API reference; a pod for the driver and for each executor",
    ),
    (
        "flink.apache.org",
        "FlinkDeployment FlinkSessionJob",
        "Flink Kubernetes operator, reference; pods of JobManager and TaskManagers",
    ),
    ("trainer.kubeflow.org", "TrainJob", "Kubeflow Trainer, TrainJob; a JobSet of its runtime"),
    ("kubeflow.org", "Experiment", "Kubeflow Katib, Experiment; pods of trials and suggestions"),
    ("serving.kserve.io", "InferenceService", "KServe, control plane API; predictor pods"),
    (
        "extensions.agents.x-k8s.io",
        "SandboxClaim SandboxWarmPool",
        "Agent Sandbox, extensions; pods of a SandboxTemplate",
    ),
    # Others
    ("k8s.keycloak.org", "Keycloak KeycloakRealmImport", "Keycloak operator, guides"),
)

POD_MAKERS: dict[tuple[str, str], PodMaker] = {
    (group, kind): PodMaker(group, kind, Source(title))
    for group, kinds, title in _ALL
    for kind in kinds.split()
}

WITHOUT_PODS: frozenset[str] = frozenset(
    (
        *("apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io"),
        *("autoscaling.k8s.io", "certificates.k8s.io", "config.kubernetes.io", "kpt.dev"),
        *(
            "coordination.k8s.io",
            "discovery.k8s.io",
            "events.k8s.io",
            "flowcontrol.apiserver.k8s.io",
        ),
        *("networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io"),
        *(
            "scheduling.k8s.io",
            "storage.k8s.io",
            "storagemigration.k8s.io",
            "internal.apiserver.k8s.io",
        ),
        *("kustomize.config.k8s.io", "imds-guard.dev", "fn.kpt.dev", "snapshot.storage.k8s.io"),
        *("policy.networking.k8s.io", "gateway.networking.k8s.io", "metrics.k8s.io"),
        *("networking.istio.io", "security.istio.io", "telemetry.istio.io", "traefik.io"),
        *("external-secrets.io", "bitnami.com", "secrets-store.csi.x-k8s.io", "keda.sh"),
        *("monitoring.coreos.com", "kyverno.io", "policies.kyverno.io", "route.openshift.io"),
        *("k8s.cni.cncf.io", "cilium.io", "projectcalico.org", "crd.projectcalico.org"),
        *("crd.antrea.io", "networking.k8s.aws", "security.openshift.io", "cert-manager.io"),
    )
)
"""API groups besides the core whose other kinds make no pods: those of Kubernetes itself, and of
what configures networks, secrets and policies."""
