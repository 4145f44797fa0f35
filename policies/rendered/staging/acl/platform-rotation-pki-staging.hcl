# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki-root/root/sign-intermediate" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki/config/issuers" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki/intermediate/set-signed" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki/issuers/generate/intermediate/internal" {
  capabilities = ["update"]
}
