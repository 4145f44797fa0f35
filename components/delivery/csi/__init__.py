"""The CSI provider."""

from components.delivery.csi.component import CsiProvider, CsiProviderArgs

__all__ = ["CsiProvider", "CsiProviderArgs"]
