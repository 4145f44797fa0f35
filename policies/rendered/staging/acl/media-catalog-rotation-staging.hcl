# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# media-catalog/rotation: kv rotate-and-keep media-catalog/api (tokens signed with the old secret stay good for a day, and the old one is put back if the service does not come up)
path "secret/data/media-catalog/api" {
  capabilities = ["read", "patch"]
}

# media-catalog/rotation: kv rotate-and-keep media-catalog/api (tokens signed with the old secret stay good for a day, and the old one is put back if the service does not come up)
path "secret/metadata/media-catalog/api" {
  capabilities = ["read"]
}
