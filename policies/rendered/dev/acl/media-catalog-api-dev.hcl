# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# media-catalog/api: kv read media-catalog/* (developers add entries daily; dev holds no real secret)
path "secret/data/media-catalog/*" {
  capabilities = ["read"]
}
