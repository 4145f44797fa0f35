# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# media-catalog/api: kv read media-catalog/api
path "secret/data/media-catalog/api" {
  capabilities = ["read"]
}

# media-catalog/api: kv read media-catalog/database
path "secret/data/media-catalog/database" {
  capabilities = ["read"]
}
