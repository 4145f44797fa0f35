# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# people/operators: issue secret IDs (hand a pipeline what it logs in with)
path "auth/approle/role/kubesentiment-ci/role-id" {
  capabilities = ["read"]
}

# people/operators: issue secret IDs (hand a pipeline what it logs in with)
path "auth/approle/role/kubesentiment-ci/secret-id" {
  capabilities     = ["update"]
  min_wrapping_ttl = "1m"
  max_wrapping_ttl = "1h"
}

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# people/operators: renew-self
path "auth/token/renew-self" {
  capabilities = ["update"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# people/operators: control pki/certs (find a certificate to end)
path "pki/certs" {
  capabilities = ["list"]
}

# people/operators: control pki/revoke (end a certificate in an incident)
path "pki/revoke" {
  capabilities = ["update"]
}

# people/operators: control sys/leases/lookup (find what a suspect workload holds)
path "sys/leases/lookup" {
  capabilities = ["update", "list", "sudo"]
}

# people/operators: control sys/leases/lookup/* (find what a suspect workload holds)
path "sys/leases/lookup/*" {
  capabilities = ["list", "sudo"]
}

# people/operators: renew-self
path "sys/leases/renew" {
  capabilities = ["update"]
}

# people/operators: control sys/leases/revoke (end one credential in an incident)
path "sys/leases/revoke" {
  capabilities = ["update"]
}

# people/operators: control sys/leases/revoke-prefix/* (end a role's credentials at once)
path "sys/leases/revoke-prefix/*" {
  capabilities = ["update", "sudo"]
}

# people/operators: control sys/metrics (see load and lease counts)
path "sys/metrics" {
  capabilities = ["read"]
}

# people/operators: control sys/mounts (see which engines are mounted)
path "sys/mounts" {
  capabilities = ["read"]
}

# people/operators: control sys/storage/raft/autopilot/state (replace the servers one at a time: is each a healthy voter before the next)
path "sys/storage/raft/autopilot/state" {
  capabilities = ["read"]
}
