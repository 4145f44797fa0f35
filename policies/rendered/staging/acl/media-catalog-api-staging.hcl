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

# media-catalog/api: kv read media-catalog/external (the canary moves external keys to Vault first, so staging must try them before prod is given them)
path "secret/data/media-catalog/external" {
  capabilities = ["read"]
}
