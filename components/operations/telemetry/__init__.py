"""What is measured of a deployed Vault, who may read it, and when somebody is told."""
