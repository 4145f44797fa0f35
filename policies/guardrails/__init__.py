"""Guardrails: what no pull request may do to any environment, as a Pulumi policy pack."""
