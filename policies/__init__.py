"""Who may do what: the access matrix, and the Vault ACL that follows from it."""
