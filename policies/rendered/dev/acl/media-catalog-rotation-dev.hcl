# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# media-catalog/rotation: kv rotate media-catalog/api
path "secret/data/media-catalog/api" {
  capabilities = ["patch"]
}

# media-catalog/rotation: kv rotate media-catalog/api
path "secret/metadata/media-catalog/api" {
  capabilities = ["read"]
}
