"""What operators do by hand to a running Vault: `python -m upkeep`."""
