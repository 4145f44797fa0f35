# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# kubesentiment/ci: cloud kubesentiment-deploy
path "aws/creds/kubesentiment-deploy" {
  capabilities = ["read"]
}

# kubesentiment/ci: kv read deploy/kubesentiment/*
path "secret/data/deploy/kubesentiment/*" {
  capabilities = ["read"]
}
