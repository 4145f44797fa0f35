"""What scheduled rotations run: `python -m vaultstack_jobs rotate FILE`; see the README."""
