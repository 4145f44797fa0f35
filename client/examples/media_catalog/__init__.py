"""An example: a web service whose configuration comes from Vault by way of `vaultstack_client`."""
