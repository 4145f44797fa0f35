# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# platform/rotation-kubesentiment-database: rotate the database administrator of kubesentiment (only Vault is to know it)
path "database/rotate-root/kubesentiment" {
  capabilities = ["update"]
}
