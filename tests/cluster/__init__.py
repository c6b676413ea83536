"""A real cluster plane on one machine: an API server, controllers and an enforcer of policies.

docs/cluster-plane.md says what it is made of and how to use it by hand.
"""
