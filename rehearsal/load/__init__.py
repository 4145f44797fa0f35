"""Load on a Vault cluster, with figures: `python -m rehearsal.load`."""
