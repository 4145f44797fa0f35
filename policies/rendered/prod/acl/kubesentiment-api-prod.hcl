# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# kubesentiment/api: renew-self
path "auth/token/renew-self" {
  capabilities = ["update"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# kubesentiment/api: cloud s3-access
path "aws/creds/s3-access" {
  capabilities = ["read"]
}

# kubesentiment/api: database readwrite
path "database/creds/kubesentiment-readwrite" {
  capabilities = ["read"]
}

# kubesentiment/api: pki client
path "pki/issue/kubesentiment-api" {
  capabilities = ["update"]
}

# kubesentiment/api: kv read kubesentiment/*
path "secret/data/kubesentiment/*" {
  capabilities = ["read"]
}

# kubesentiment/api: renew-self
path "sys/leases/renew" {
  capabilities = ["update"]
}
