"""Disaster recovery replication, which is Vault Enterprise's."""

from components.cluster.replication.component import DrPrimary, DrPrimaryArgs

__all__ = ["DrPrimary", "DrPrimaryArgs"]
