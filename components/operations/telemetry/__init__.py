"""What is measured of a deployed Vault, who may read it, and when somebody is told."""

from components.operations.telemetry.component import Telemetry, TelemetryArgs, watch

__all__ = ["Telemetry", "TelemetryArgs", "watch"]
