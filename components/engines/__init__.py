"""What Vault keeps and issues: one component for each secrets engine."""

from components.engines.aws import AwsEngine, AwsEngineArgs
from components.engines.azure import AzureEngine, AzureEngineArgs
from components.engines.database import DatabaseEngine, DatabaseEngineArgs
from components.engines.gcp import GcpEngine, GcpEngineArgs
from components.engines.kv import KvEngine, KvEngineArgs
from components.engines.pki import PkiEngine, PkiEngineArgs

__all__ = [
    "AwsEngine",
    "AwsEngineArgs",
    "AzureEngine",
    "AzureEngineArgs",
    "DatabaseEngine",
    "DatabaseEngineArgs",
    "GcpEngine",
    "GcpEngineArgs",
    "KvEngine",
    "KvEngineArgs",
    "PkiEngine",
    "PkiEngineArgs",
]
