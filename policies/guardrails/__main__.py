"""The policy pack: `pulumi preview --policy-pack policies/guardrails`.

Pulumi starts it in its own folder, and reads a port from its standard output. So the folder of the
repository takes the place of this one on the path, and nothing is printed here.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# Modules of this folder are `policies.guardrails...`, and must not be found under bare names.
sys.path[:] = [str(_HERE.parent.parent), *(at for at in sys.path if Path(at).resolve() != _HERE)]

if __name__ == "__main__":
    import pulumi
    from pulumi_policy import PolicyPack

    from policies.guardrails.pack import NAME, environment_of, policies

    environment = environment_of(pulumi.runtime.get_config_env())
    PolicyPack(name=NAME, policies=policies(environment))
