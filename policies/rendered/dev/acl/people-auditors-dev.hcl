# Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`.

# people/auditors: control auth/approle/role (who can log in)
path "auth/approle/role" {
  capabilities = ["list"]
}

# people/auditors: control auth/approle/role/+ (who can log in, without the role ID)
path "auth/approle/role/+" {
  capabilities = ["read"]
}

# people/auditors: control auth/kubernetes/role (who can log in)
path "auth/kubernetes/role" {
  capabilities = ["list"]
}

# people/auditors: control auth/kubernetes/role/+ (who can log in)
path "auth/kubernetes/role/+" {
  capabilities = ["read"]
}

# people/auditors: control auth/oidc/role (who can log in)
path "auth/oidc/role" {
  capabilities = ["list"]
}

# people/auditors: control auth/oidc/role/+ (who can log in)
path "auth/oidc/role/+" {
  capabilities = ["read"]
}

# people/auditors: control auth/provisioner/role/+ (what this program logs in with)
path "auth/provisioner/role/+" {
  capabilities = ["read"]
}

# every token
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

# every token
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# people/auditors: control aws/roles (what AWS keys may do)
path "aws/roles" {
  capabilities = ["list"]
}

# people/auditors: control aws/roles/+ (what AWS keys may do)
path "aws/roles/+" {
  capabilities = ["read"]
}

# people/auditors: control azure/roles (what Azure principals may do)
path "azure/roles" {
  capabilities = ["list"]
}

# people/auditors: control database/config (which databases Vault manages)
path "database/config" {
  capabilities = ["list"]
}

# people/auditors: control database/roles (what database users may do)
path "database/roles" {
  capabilities = ["list"]
}

# people/auditors: control database/roles/+ (what database users may do)
path "database/roles/+" {
  capabilities = ["read"]
}

# people/auditors: control gcp/impersonated-accounts (what Google tokens may do)
path "gcp/impersonated-accounts" {
  capabilities = ["list"]
}

# people/auditors: control pki/certs (which certificates were issued)
path "pki/certs" {
  capabilities = ["list"]
}

# people/auditors: control pki/roles (which certificates can be issued)
path "pki/roles" {
  capabilities = ["list"]
}

# people/auditors: control pki/roles/+ (which certificates can be issued)
path "pki/roles/+" {
  capabilities = ["read"]
}

# people/auditors: control secret/metadata/* (which secrets exist, and how old they are)
path "secret/metadata/*" {
  capabilities = ["read", "list"]
}

# people/auditors: control sys/audit (that everything is recorded)
path "sys/audit" {
  capabilities = ["read", "sudo"]
}

# people/auditors: control sys/auth (which ways to log in exist)
path "sys/auth" {
  capabilities = ["read"]
}

# people/auditors: control sys/mounts (which engines exist)
path "sys/mounts" {
  capabilities = ["read"]
}

# people/auditors: control sys/policies/acl (which ACL policies exist)
path "sys/policies/acl" {
  capabilities = ["list"]
}

# people/auditors: control sys/policies/acl/+ (what they allow)
path "sys/policies/acl/+" {
  capabilities = ["read"]
}
