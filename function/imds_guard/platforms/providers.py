"""Metadata endpoints by provider. A new provider is one entry here."""

from __future__ import annotations

from imds_guard.platforms.model import Endpoint, Provider, Retired, Source

_LINK_LOCAL = "169.254.169.254"
_LINK_LOCAL_6 = "fe80::a9fe:a9fe"  # the same four bytes; OpenStack's choice, taken up by others

_ALL = (
    Provider(
        "aws",
        "Amazon EC2 instance metadata",
        (
            Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, EC2 datasource")),
            Endpoint("fd00:ec2::254", (80,), Source("AWS whitepaper, IPv6 on AWS")),
        ),
        "The rest of fd00:ec2::/32 is DNS, NTP and EKS Pod Identity.",
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
                Source("Google Cloud documentation, About VM metadata"),
            ),
        ),
        "Port 53 of 169.254.169.254 is DNS.",
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
        "azure-wireserver",
        "Azure WireServer, which hands out certificates and extension settings",
        (
            Endpoint(
                "168.63.129.16",
                (80, 32526),
                Source("Azure documentation, What is IP address 168.63.129.16"),
            ),
        ),
        "Port 53 of the same address is Azure DNS.",
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
        "Ports 53 and 123 of 169.254.169.254 are DNS and NTP.",
    ),
    Provider(
        "oracle-classic",
        "Oracle Compute Cloud, classic and at customer",
        (
            Endpoint(
                "192.0.0.192",
                (80,),
                Source("Oracle Compute Cloud documentation, predefined instance metadata"),
            ),
        ),
    ),
    Provider(
        "alibaba",
        "Alibaba Cloud ECS instance metadata",
        (
            Endpoint("100.100.100.200", (80,), Source("cloud-init, AliYun datasource")),
            Endpoint(
                "fd00:100::100:200",
                (80,),
                Source("Proposal for cloud-init's AliYun datasource, 6893", "medium"),
            ),
        ),
        "Not link-local: only naming the address blocks it.",
    ),
    Provider(
        "tencent",
        "Tencent Cloud CVM instance metadata",
        (Endpoint("169.254.0.23", (80,), Source("Datadog agent, Tencent metadata")),),
    ),
    Provider(
        "huawei",
        "Huawei Cloud ECS instance metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("Huawei Cloud documentation, ECS metadata")),),
    ),
    Provider(
        "ibm",
        "IBM Cloud VPC instance metadata",
        (
            # 443 where the instance has secure access on, under api.metadata.cloud.ibm.com.
            Endpoint(_LINK_LOCAL, (80, 443), Source("IBM Cloud documentation, VPC metadata API")),
        ),
    ),
    Provider(
        "openstack",
        "OpenStack metadata service",
        (
            Endpoint(_LINK_LOCAL, (80,), Source("OpenStack Nova documentation, Metadata service")),
            Endpoint(_LINK_LOCAL_6, (80,), Source("cloud-init, OpenStack datasource")),
        ),
    ),
    Provider(
        "hetzner",
        "Hetzner Cloud server metadata",
        (
            Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, Hetzner datasource")),
            Endpoint(_LINK_LOCAL_6, (80,), Source("cloud-init, Hetzner datasource")),
        ),
    ),
    Provider(
        "linode",
        "Akamai (Linode) metadata service",
        (
            Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, Akamai datasource")),
            Endpoint("fd00:a9fe:a9fe::1", (80,), Source("cloud-init, Akamai datasource")),
        ),
    ),
    Provider(
        "scaleway",
        "Scaleway instance metadata",
        (
            Endpoint("169.254.42.42", (80,), Source("systemd, hwdb 40-imds")),
            Endpoint("fd00:42::42", (80,), Source("systemd, hwdb 40-imds")),
        ),
    ),
    Provider(
        "vultr",
        "Vultr instance metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, Vultr datasource")),),
    ),
    Provider(
        "exoscale",
        "Exoscale instance metadata",
        (
            # 8080 is the password server.
            Endpoint(_LINK_LOCAL, (80, 8080), Source("cloud-init, Exoscale datasource")),
        ),
    ),
    Provider(
        "upcloud",
        "UpCloud server metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, UpCloud datasource")),),
    ),
    Provider(
        "equinix",
        "Equinix Metal (Packet) metadata",
        (
            Endpoint(
                "192.80.8.124",
                (80, 443),
                Source("Lokomotive, blocked metadata CIDRs of Packet clusters", "medium"),
            ),
        ),
        "A public address: blocked only where this provider is named.",
        Retired("2026-06-30", Source("Equinix, letter to its customers on the end of Metal")),
    ),
    Provider(
        "yandex",
        "Yandex Cloud VM metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("Yandex Cloud Go SDK, instance service account")),),
    ),
    Provider(
        "naver",
        "Naver Cloud server metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("Naver Cloud documentation, Metadata API")),),
    ),
    Provider(
        "outscale",
        "Outscale VM metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("Afterburn, Outscale provider")),),
    ),
    Provider(
        "stackit",
        "STACKIT server metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("Afterburn, STACKIT provider")),),
    ),
    Provider(
        "brightbox",
        "Brightbox server metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, EC2 datasource, Brightbox", "medium")),),
    ),
    Provider(
        "cloudcix",
        "CloudCIX instance metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, CloudCIX datasource")),),
    ),
    Provider(
        "latitude",
        "Latitude.sh server metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("Latitude.sh documentation, user data", "medium")),),
    ),
    Provider(
        "volcengine",
        "Volcengine and BytePlus ECS instance metadata",
        (
            Endpoint(
                "100.96.0.96", (80,), Source("Volcengine, cello network plugin, role credentials")
            ),
        ),
        "Not link-local: only naming the address blocks it.",
    ),
    Provider(
        "ucloud",
        "UCloud UHost metadata",
        (Endpoint("100.80.80.80", (80,), Source("UCloud SDK for Go, metadata client")),),
        "Not link-local: only naming the address blocks it.",
    ),
    Provider(
        "nebius",
        "Nebius instance metadata, which hands out tokens of the service account",
        (Endpoint(_LINK_LOCAL, (80,), Source("Nebius, observability agent updater", "medium")),),
    ),
    Provider(
        "nwcs",
        "NWCS server metadata",
        (Endpoint(_LINK_LOCAL, (80,), Source("cloud-init, NWCS datasource")),),
    ),
    Provider(
        "opennebula",
        "OpenNebula OneGate",
        # Behind its transparent proxy on the host, which every guide puts at this address.
        (
            Endpoint(
                "169.254.16.9", (5030,), Source("OpenNebula, one-apps, virtual router", "medium")
            ),
        ),
        "Where ONEGATE_ENDPOINT says another address, name that one in spec.endpoints.",
    ),
    Provider(
        "cloudstack",
        "Apache CloudStack instance metadata",
        (),
        "It answers at the virtual router, whose address differs from network to network: name "
        "that one in spec.endpoints.",
        source=Source("cloud-init, CloudStack datasource"),
    ),
)

PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _ALL}
