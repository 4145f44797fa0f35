"""A snapshot in the hands of a cluster that cannot open it: one of another KMS, in which the key
that sealed the snapshot does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.bootstrap import ceremony
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.restore_drill.operator import Operator
from rehearsal.restore_drill.results import Results
from rehearsal.servers import aws, vault
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Supervisor

_CONFIG = """
disable_mlock = true
api_addr = "{address}"
cluster_addr = "https://{cluster}"
listener "tcp" {{
  address = "{api}"
  cluster_address = "{cluster}"
  tls_disable = true
}}
seal "awskms" {{
  region = "{region}"
  kms_key_id = "{key}"
  endpoint = "{endpoint}"
}}
storage "raft" {{
  path = "{folder}"
  node_id = "elsewhere"
}}
"""


def other_cluster(
    supervisor: Supervisor,
    stood: StoodUp,
    operator: Operator,
    source: str,
    results: Results,
    progress: Callable[[str], None],
) -> None:
    """Restores there, twice: as anybody would, and although it was refused."""
    other = aws.start(supervisor, "another-aws")
    kms: Any = other.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    api, cluster = (f"{LOOPBACK}:{free_port()}" for _ in range(2))
    address = f"http://{api}"
    config = _CONFIG.format(
        address=address,
        api=api,
        cluster=cluster,
        region=other.region,
        key=key,
        endpoint=other.url,
        folder=supervisor.subfolder("elsewhere-data"),
    )
    vault.start(
        supervisor, stood.binary, config, address, env=other.environment(), name="elsewhere"
    )
    client = ceremony.connect(address, None)
    made = ceremony.initialise(client, auto_unseal=True, shares=1, threshold=1, pgp_keys=())
    ceremony.wait_until_active(client, 60)
    progress("a cluster that another KMS seals")
    for fault, options, expected in (
        ("another cluster's seal", (), "the snapshot was sealed by arn:aws:kms"),
        ("the KMS key gone", ("--other-seal",), "is sealed: its seal cannot open it"),
    ):
        said = operator.restore(source, address, made.root_token, "--servers", "1", *options)
        results.said[fault] = said.problem
        results.check(f"refused: {fault}", said.status == 3 and expected in said.last, said.last)
