"""What must be in the Kubernetes cluster, looked at before anything is put there."""

from components.preflight.component import PodsPreflight, PodsPreflightArgs

__all__ = ["PodsPreflight", "PodsPreflightArgs"]
