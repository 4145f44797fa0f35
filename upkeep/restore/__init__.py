"""A snapshot put back into a cluster: `python -m upkeep restore`."""
