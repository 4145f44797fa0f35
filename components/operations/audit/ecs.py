"""Vault's audit entries as documents of the Elastic Common Schema: a program in VRL, the language
of Vector's `remap`.

It takes an event whose `message` is a line that a server wrote. What is no audit entry, such as the
server's own log, it aborts at, and Vector drops it. Values, which are hashes, it leaves out: the
file on the server has them. docs/audit.md shows the mapping.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "8.17.0"
"""Of the schema."""

PROGRAM: Final = f"""\
pod = .kubernetes.pod_name
entry = parse_json(string(.message) ?? "") ?? null
if !is_object(entry) || !is_object(entry.request) {{ abort }}
entry = object!(entry)
request = object!(entry.request)
auth = object(entry.auth) ?? {{}}
metadata = object(auth.metadata) ?? {{}}
results = object(auth.policy_results) ?? {{}}
headers = object(request.headers) ?? {{}}
kind = string(entry.type) ?? ""
operation = string(request.operation) ?? ""
path = string(request.path) ?? ""
error = replace(strip_whitespace(string(entry.error) ?? ""), r'\\s+', " ")

granted = array(results.granting_policies) ?? []

# Some refusals are answers, with nothing in them but the text, which is a hash.
answer = object(get(entry, ["response", "data"]) ?? null) ?? {{}}
refused = error != "" || (exists(answer.error) && length(answer) == 1)

# Whoever asks an auth mount what no ACL policy granted logs in, also where a token comes with it,
# at which Vault does not look. Whether that went well, no ACL says; where it did, who asked is who
# is logged in now.
ungranted = !exists(request.client_token) || (results.allowed == true && length(granted) == 0)
logged_in = kind == "response" && !exists(results.allowed) && !refused
login = request.mount_class == "auth" && (ungranted || logged_in)
denied = results.allowed == false || (refused && (login || !exists(results.allowed)))

category = "api"
if login {{
  category = "authentication"
}} else if match(path, r'^(sys/(auth|policies|policy)|auth|identity)(/|$)') {{
  category = "iam"
}} else if starts_with(path, "sys/") {{
  category = "configuration"
}}
change = "change"
if login {{
  change = "start"
}} else if includes(["read", "list", "help"], operation) {{
  change = "access"
}} else if operation == "create" {{
  change = "creation"
}} else if operation == "delete" {{
  change = "deletion"
}}
types = [change]
allowed = null
if denied {{
  allowed = false
  types = push(types, "denied")
}} else if !login || kind == "response" {{
  allowed = true
  types = push(types, "allowed")
}}
# A request is followed by its response, which alone knows how it went.
outcome = "unknown"
if denied || refused {{
  outcome = "failure"
}} else if kind == "response" {{
  outcome = "success"
}}

# A question for help has none.
id = string(request.id) ?? null
if id != null {{ id = id + "-" + kind }}
granting = []
for_each(granted) -> |_index, policy| {{
  name = string(get(policy, ["name"]) ?? null) ?? ""
  if name != "" {{ granting = push(granting, name) }}
}}

. = {{
  "@timestamp": entry.time,
  "ecs": {{"version": "{VERSION}"}},
  "event": {{
    "action": operation,
    "category": [category],
    "dataset": "vault.audit",
    "id": id,
    "kind": "event",
    "module": "vault",
    "outcome": outcome,
    "type": types
  }},
  "error": {{"message": error}},
  "host": {{"name": pod}},
  "http": {{"request": {{"id": request.id}}}},
  "service": {{"type": "vault"}},
  "source": {{"ip": request.remote_address, "port": request.remote_port}},
  "trace": {{"id": get(headers, ["x-correlation-id", 0]) ?? null}},
  "url": {{"path": "/v1/" + path}},
  "user": {{"id": auth.entity_id, "name": auth.display_name, "roles": auth.token_policies}},
  "user_agent": {{"original": get(headers, ["user-agent", 0]) ?? null}},
  "vault": {{
    "audit": {{
      "type": kind,
      "role": metadata.role || metadata.role_name,
      "allowed": allowed,
      "granting_policies": granting,
      "mount": {{"point": request.mount_point, "type": request.mount_type}},
      "namespace": get(request, ["namespace", "path"]) ?? null,
      "token": {{"accessor": auth.accessor, "type": auth.token_type}}
    }}
  }}
}}
. = compact(., recursive: true, null: true, string: true, object: true, array: true)
"""
