"""Compares a live Vault with the access matrix, both ways, and changes nothing.

    python -m attest --env staging

Reads with an identity of its own (`policies.grants.Attest`), and says what is missing, what differs
and what exists that nobody declared.
"""
