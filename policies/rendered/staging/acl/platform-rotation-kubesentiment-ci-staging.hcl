# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# platform/rotation-kubesentiment-ci: rotate the secret IDs of kubesentiment/ci, wrapped for 13h (a pipeline's secret ID lives a day, and nobody carries it there by hand twice a day)
path "auth/approle/role/kubesentiment-ci/secret-id" {
  capabilities     = ["update"]
  min_wrapping_ttl = "13h"
  max_wrapping_ttl = "13h"

  allowed_parameters = {
    "metadata" = []
  }
}

# platform/rotation-kubesentiment-ci: rotate the secret IDs of kubesentiment/ci, wrapped for 13h (a pipeline's secret ID lives a day, and nobody carries it there by hand twice a day)
path "auth/approle/role/kubesentiment-ci/secret-id-accessor/destroy" {
  capabilities = ["update"]
}

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
