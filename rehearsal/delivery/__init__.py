"""How a workload gets its files, with the real `vault agent`: pod annotations become the agent's
configuration as the injector would make it, and the agent runs with it.

The injector itself (hashicorp/vault-k8s) does not run here: `injector`, `annotations`, `pod` and
`configuration` say what version 1.7.6 does with a pod. What they do not know they refuse.
"""
