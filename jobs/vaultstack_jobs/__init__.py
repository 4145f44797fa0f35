"""What scheduled jobs run: `python -m vaultstack_jobs rotate|snapshot FILE`; see the README."""
