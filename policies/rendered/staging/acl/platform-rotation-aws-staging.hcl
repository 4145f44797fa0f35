# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# platform/rotation-aws: rotate the AWS engine's own key (the one AWS key that does not end by itself)
path "aws/config/rotate-root" {
  capabilities = ["update"]
}
