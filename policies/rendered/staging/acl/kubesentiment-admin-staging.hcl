# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# kubesentiment/admin: cloud kubesentiment-admin
path "aws/creds/kubesentiment-admin" {
  capabilities = ["read"]
}

# kubesentiment/admin: database readwrite
path "database/creds/kubesentiment-readwrite" {
  capabilities = ["read"]
}

# kubesentiment/admin: pki admin
path "pki/issue/kubesentiment-admin" {
  capabilities = ["update"]
}

# kubesentiment/admin: pki admin
path "pki/revoke-with-key" {
  capabilities = ["update"]
}

# kubesentiment/admin: kv read-write kubesentiment/*
path "secret/data/kubesentiment/*" {
  capabilities = ["create", "read", "update", "delete", "patch"]
}

# kubesentiment/admin: kv read-write kubesentiment/*
path "secret/delete/kubesentiment/*" {
  capabilities = ["update"]
}

# kubesentiment/admin: kv read-write kubesentiment/*
path "secret/destroy/kubesentiment/*" {
  capabilities = ["update"]
}

# kubesentiment/admin: kv read-write kubesentiment/*
path "secret/metadata/kubesentiment/*" {
  capabilities = ["create", "read", "update", "delete", "list", "patch"]
}

# kubesentiment/admin: kv read-write kubesentiment/*
path "secret/undelete/kubesentiment/*" {
  capabilities = ["update"]
}
