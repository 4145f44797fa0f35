# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA 'vaultstack {environment} intermediate CA' for 26280h (a CA that ends takes every service with it)
path "pki-root/root/sign-intermediate" {
  capabilities        = ["update"]
  required_parameters = ["common_name", "max_path_length", "ttl"]

  allowed_parameters = {
    "common_name"     = ["vaultstack dev intermediate CA"]
    "csr"             = []
    "max_path_length" = ["0"]
    "organization"    = []
    "ttl"             = ["94608000s"]
  }

  denied_parameters = {
    "common_name" = [""]
    "ttl"         = [""]
  }
}

# platform/rotation-pki: renew the intermediate CA 'vaultstack {environment} intermediate CA' for 26280h (a CA that ends takes every service with it)
path "pki/config/issuers" {
  capabilities = ["read", "update"]

  allowed_parameters = {
    "default" = []
  }
}

# platform/rotation-pki: renew the intermediate CA 'vaultstack {environment} intermediate CA' for 26280h (a CA that ends takes every service with it)
path "pki/intermediate/generate/internal" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA 'vaultstack {environment} intermediate CA' for 26280h (a CA that ends takes every service with it)
path "pki/intermediate/set-signed" {
  capabilities = ["update"]
}

# platform/rotation-pki: renew the intermediate CA 'vaultstack {environment} intermediate CA' for 26280h (a CA that ends takes every service with it)
path "pki/issuer/+" {
  capabilities = ["read", "patch"]

  allowed_parameters = {
    "issuer_name" = []
    "usage"       = ["read-only,crl-signing,ocsp-signing"]
  }
}
