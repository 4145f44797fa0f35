"""How applications get their secrets: as files, by the agent beside them or by the CSI provider."""

from components.delivery.annotations import pod_annotations, pod_spec
from components.delivery.component import (
    SecretDelivery,
    SecretDeliveryArgs,
    annotations_by_workload,
    specs_by_workload,
)
from components.delivery.deliveries import DELIVERIES, deliveries_in
from components.delivery.files import Delivery, Via
from components.delivery.provider_class import secret_provider_class
from components.delivery.reading import DeliveryError

__all__ = [
    "DELIVERIES",
    "Delivery",
    "DeliveryError",
    "SecretDelivery",
    "SecretDeliveryArgs",
    "Via",
    "annotations_by_workload",
    "deliveries_in",
    "pod_annotations",
    "pod_spec",
    "secret_provider_class",
    "specs_by_workload",
]
