"""imds-guard: NetworkPolicies that keep pods away from cloud metadata services."""

__version__ = "0.1.0"
