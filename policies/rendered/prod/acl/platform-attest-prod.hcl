# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/approle/role" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/approle/role/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/ci/config" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/ci/role" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/ci/role/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/kubernetes/config" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/kubernetes/role" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/kubernetes/role/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/oidc/config" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/oidc/role" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/oidc/role/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/provisioner/role" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/provisioner/role/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/token/accessors" {
  capabilities = ["list", "sudo"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/token/lookup-accessor" {
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

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/token/roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "auth/token/roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "aws/roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "aws/roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "aws/static-roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "aws/static-roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "azure/roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "azure/roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "database/config" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "database/config/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "database/roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "database/roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "database/static-roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "database/static-roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "gcp/impersonated-account/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "gcp/impersonated-accounts" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "gcp/rolesets" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "gcp/static-accounts" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/entity/id" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/entity/id/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/group/id" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/group/id/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/oidc/assignment" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/oidc/client" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/oidc/key" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/oidc/provider" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/oidc/role" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "identity/oidc/scope" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki-root/config/acme" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki-root/issuer/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki-root/roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki-root/roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki/config/acme" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki/issuer/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki/roles" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "pki/roles/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/audit" {
  capabilities = ["read", "sudo"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/auth" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/config/auditing/request-headers" {
  capabilities = ["read", "sudo"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/config/cors" {
  capabilities = ["read", "sudo"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/config/ui/headers" {
  capabilities = ["list", "sudo"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/mounts" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/policies/acl" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/policies/acl/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/policies/password" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/policies/password/+" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/quotas/config" {
  capabilities = ["read"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/quotas/lease-count" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/quotas/rate-limit" {
  capabilities = ["list"]
}

# platform/attest: look at all that decides access (what somebody changes in Vault by hand, nobody reviewed)
path "sys/quotas/rate-limit/+" {
  capabilities = ["read"]
}
