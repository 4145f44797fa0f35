"""How applications get their secrets: as files, by the agent beside them or by the CSI provider."""
