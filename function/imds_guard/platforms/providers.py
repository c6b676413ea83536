"""Metadata endpoints by provider."""

from __future__ import annotations

from imds_guard.platforms.model import Endpoint, Provider, Source

_LINK_LOCAL = "169.254.169.254"

_ALL = (
    Provider(
        "aws",
        "Amazon EC2 instance metadata",
        (
            Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, EC2 datasource")),
            Endpoint("fd00:ec2::254", (80,), Source("AWS whitepaper, IPv6 on AWS")),
        ),
    ),
    Provider(
        "aws-ecs",
        "Amazon ECS task credentials",
        (Endpoint("169.254.170.2", (80,), Source("Amazon ECS developer guide, task IAM roles")),),
    ),
    Provider(
        "gcp",
        "Google Compute Engine metadata server",
        (
            # 8080 is ALTS and 443 mutual TLS; port 53 of the same address is DNS.
            Endpoint(_LINK_LOCAL, (80, 443, 8080), Source("Google guest agent, mtls_mds")),
            Endpoint(
                "fd20:ce::254",
                (80, 443, 8080),
                Source("Google config-connector, test data", "medium"),
            ),
        ),
    ),
    Provider(
        "gke-metadata",
        "GKE metadata server, behind 169.254.169.254 on Dataplane V1",
        (
            Endpoint(
                "169.254.169.252",
                (987, 988),
                Source("GKE documentation, Workload Identity Federation"),
            ),
        ),
    ),
    Provider(
        "azure",
        "Azure Instance Metadata Service",
        (Endpoint(_LINK_LOCAL, (80,), Source("AKS documentation, IMDS restriction")),),
    ),
    Provider(
        "digitalocean",
        "DigitalOcean droplet metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, DigitalOcean datasource")),),
    ),
    Provider(
        "oracle",
        "Oracle Cloud Infrastructure instance metadata",
        (
            # Ports 53 and 123 of the same address are DNS and NTP.
            Endpoint(_LINK_LOCAL, (80,), Source("OCI documentation, instance metadata")),
            Endpoint("fd00:c1::a9fe:a9fe", (80,), Source("cloud-init, Oracle datasource")),
        ),
    ),
)

PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _ALL}
