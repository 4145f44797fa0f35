# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# kubesentiment/batch: database readonly
path "database/creds/kubesentiment-readonly" {
  capabilities = ["read"]
}

# kubesentiment/batch: database user exports (the connection pooler, through which exports read for longer than a lease lives, lets in users that it knows by name)
path "database/static-creds/kubesentiment-exports" {
  capabilities = ["read"]
}

# kubesentiment/batch: kv read kubesentiment/*
path "secret/data/kubesentiment/*" {
  capabilities = ["read"]
}
