"""Differential tests: whether `policies.acl` decides as a real Vault does, on random questions.

`generator` makes policies and paths, `vault` answers for Vault, `capabilities`, `texts` and
`operations` compare; `run` does so for a while, and `report` shows what was found.
"""
