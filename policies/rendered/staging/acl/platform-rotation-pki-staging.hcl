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
  capabilities = ["read", "update"]

  allowed_parameters = {
    "default" = []
  }
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki/intermediate/generate/internal" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki/intermediate/set-signed" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA (a CA that ends takes every service with it)
path "pki/issuer/+" {
  capabilities = ["read", "patch"]

  allowed_parameters = {
    "issuer_name" = []
    "usage"       = ["read-only,crl-signing,ocsp-signing"]
  }
}
