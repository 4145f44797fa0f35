# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# platform/snapshots: read snapshots of all that Vault stores (what is lost with all servers comes back from a copy, or not at all)
path "sys/storage/raft/snapshot" {
  capabilities = ["read"]
}
