"""A stack's state that was lost, made again from its plan and the Vault that is there."""
