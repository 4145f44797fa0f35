"""The price table: AWS list prices on demand in one region, in US dollars, without taxes.

They are what was known when this was written, and nobody has compared them with the price lists
since: check them at their sources before a decision hangs on one, and change them here where they
differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REGION: Final = "eu-west-1"
AS_KNOWN: Final = "early 2025"
"""Of when the prices are, as far as anybody here knows."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs in US dollars; `per` names the unit: `GiB and month`,
    `10,000`.
    """

    name: str
    dollars: float
    per: str
    source: str
    """The page that says what it is now."""


@dataclass(frozen=True, slots=True)
class Node:
    """A kind of machine, as the Kubernetes cluster's nodes may be."""

    name: str
    cores: float
    memory_gib: float
    hour: Price


_EC2: Final = "https://aws.amazon.com/ec2/pricing/on-demand/"
_NLB: Final = "https://aws.amazon.com/elasticloadbalancing/pricing/"
_KMS: Final = "https://aws.amazon.com/kms/pricing/"
_S3: Final = "https://aws.amazon.com/s3/pricing/"


def _node(name: str, cores: float, memory_gib: float, dollars: float) -> Node:
    return Node(name, cores, memory_gib, Price(f"node {name}", dollars, "hour", _EC2))


SHARED_NODE: Final = _node("m6i.large", 2, 8, 0.107)
OWN_NODES: Final = (
    _node("t3.small", 2, 2, 0.0228),
    _node("t3.medium", 2, 4, 0.0456),
    SHARED_NODE,
    _node("m6i.xlarge", 4, 16, 0.214),
    _node("m6i.2xlarge", 8, 32, 0.428),
)
"""For servers that share with nobody, by price."""
VOLUME: Final = Price("volume (gp3)", 0.088, "GiB and month", "https://aws.amazon.com/ebs/pricing/")
LOAD_BALANCER: Final = Price("network load balancer", 0.0252, "hour", _NLB)
CAPACITY_UNIT: Final = Price("its capacity unit", 0.006, "hour", _NLB)
KMS_KEY: Final = Price("KMS key, and each of its first two rotations", 1.0, "month", _KMS)
KMS_REQUESTS: Final = Price("KMS requests", 0.03, "10,000", _KMS)
BUCKET: Final = Price("S3 standard", 0.023, "GiB and month", _S3)
BETWEEN_REGIONS: Final = Price("transfer to another region", 0.02, "GiB", _S3)
LOG_INTAKE: Final = Price(
    "CloudWatch Logs intake", 0.57, "GiB", "https://aws.amazon.com/cloudwatch/pricing/"
)

PRICES: Final = (
    *(node.hour for node in OWN_NODES),
    VOLUME,
    LOAD_BALANCER,
    CAPACITY_UNIT,
    KMS_KEY,
    KMS_REQUESTS,
    BUCKET,
    BETWEEN_REGIONS,
    LOG_INTAKE,
)
