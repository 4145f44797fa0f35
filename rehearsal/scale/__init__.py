"""How everything grows with the number of workloads: time, memory, requests to Vault."""
