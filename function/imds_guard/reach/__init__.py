"""What a pod can reach: sets of addresses and ports."""
