"""The policy pack: `pulumi preview --policy-pack policies/guardrails`.

Pulumi starts it in its own folder, and reads a port from its standard output. So the repository's
folder takes this one's place on the path, where modules such as `network` would hide others, and
nothing is printed here.
"""

from __future__ import annotations

if __name__ == "__main__":
    import sys
    from pathlib import Path

    here = Path(__file__).resolve().parent
    sys.path[:] = [str(here.parent.parent), *(at for at in sys.path if Path(at).resolve() != here)]

    import pulumi
    from pulumi_policy import PolicyPack

    from policies.guardrails.pack import NAME, environment_of, policies

    environment = environment_of(pulumi.runtime.get_config_env())
    PolicyPack(name=NAME, policies=policies(environment))
