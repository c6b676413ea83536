"""What engines do with one packet in one cluster of which everything is known.

Written from the API references and documentation of Kubernetes, SIG Network, Cilium, Calico, Antrea
and the AWS VPC CNI alone. Nothing here knows of sets, of three answers or of the program's own
engine: it is there to hold that one against.
"""
