"""`policies.hcl` reads and writes ACL documents as Vault 1.21 does."""

from __future__ import annotations

import pickle
import re
import string
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies import hcl
from policies.hcl import (
    Blocks,
    Capability,
    ControlGroup,
    ControlGroupFactor,
    HclError,
    Object,
    Stanza,
    canonical,
    nanoseconds,
    parse,
    render,
)
from policies.hcl_syntax import quote

READ, LIST, UPDATE = Capability.READ, Capability.LIST, Capability.UPDATE
LEGACY_READ = (READ, LIST)
LEGACY_WRITE = (Capability.CREATE, READ, UPDATE, Capability.DELETE, LIST)


def one(text: str) -> Stanza:
    (stanza,) = parse(text)
    return stanza


def inside(attributes: str) -> Stanza:
    return one(f'path "p" {{\n{attributes}\n}}')


def refused(text: str) -> HclError:
    with pytest.raises(HclError) as caught:
        parse(text)
    return caught.value


# --- golden: the policies of the two decision records ---------------------------------------------

KUBESENTIMENT = """\
# KubeSentiment API policy
path "secret/data/kubesentiment/*" {
  capabilities = ["read"]
}

path "database/creds/kubesentiment-readwrite" {
  capabilities = ["read"]
}

path "aws/creds/s3-access" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}
"""

MEDIA_CATALOG = """\
# vault/policies/media-catalog-dev.hcl
path "secret/data/media-catalog/*" {
  capabilities = ["read"]
}

# vault/policies/media-catalog-prod.hcl
path "secret/data/media-catalog/database" {
  capabilities = ["read"]
}
path "secret/data/media-catalog/api" {
  capabilities = ["read"]
}
"""


def test_the_kubesentiment_policy_means_four_stanzas() -> None:
    assert parse(KUBESENTIMENT) == (
        Stanza("secret/data/kubesentiment/*", (READ,), comment="KubeSentiment API policy"),
        Stanza("database/creds/kubesentiment-readwrite", (READ,)),
        Stanza("aws/creds/s3-access", (READ,)),
        Stanza("auth/token/renew-self", (UPDATE,)),
    )


def test_the_kubesentiment_policy_is_canonical_as_the_record_writes_it() -> None:
    assert canonical(KUBESENTIMENT) == KUBESENTIMENT


def test_the_media_catalog_policies_only_gain_a_blank_line() -> None:
    assert [stanza.path for stanza in parse(MEDIA_CATALOG)] == [
        "secret/data/media-catalog/*",
        "secret/data/media-catalog/database",
        "secret/data/media-catalog/api",
    ]
    assert canonical(MEDIA_CATALOG) == MEDIA_CATALOG.replace('}\npath "', '}\n\npath "')


EVERYTHING = """\
# Written by a test.
# By hand.

# What it is for,
#
#   in three lines.
path "kv/data/{{identity.entity.id}}/*" {
  capabilities          = ["create", "read", "patch"]
  required_parameters   = ["Data"]
  min_wrapping_ttl      = "90s"
  max_wrapping_ttl      = "24h"
  mfa_methods           = ["duo"]
  subscribe_event_types = ["kv*"]

  allowed_parameters = {
    "*"        = []
    "password" = ["5m", 10, -1, 1.5, true, "a, b"]

    "shape" = [
      ["x"],
      {
        "a" = 1

        "b" {
          "c" = ["d"]
        }
      },
      {},
    ]
  }

  denied_parameters = {
    "policy" = ["*root*"]
  }

  control_group = {
    ttl = "1h"

    factor "ops" {
      controlled_capabilities = ["read"]

      identity {
        group_ids   = ["id"]
        group_names = ["name"]
        approvals   = 2
      }
    }
  }
}

path "sys/*" {
  capabilities = ["deny"]
}
"""

EVERYTHING_STANZAS = (
    Stanza(
        "kv/data/{{identity.entity.id}}/*",
        (Capability.PATCH, READ, Capability.CREATE),
        comment="What it is for,\n\n  in three lines.",
        allowed_parameters=(
            ("password", ("5m", 10, -1, 1.5, True, "a, b")),
            (
                "shape",
                (
                    ("x",),
                    Object((("a", 1), ("b", Blocks((Object((("c", ("d",)),)),))))),
                    Object(()),
                ),
            ),
            ("*", ()),
        ),
        denied_parameters=(("Policy", ("*root*",)),),
        required_parameters=("Data",),
        min_wrapping_ttl=90,
        max_wrapping_ttl=86400,
        subscribe_event_types=("kv*",),
        mfa_methods=("duo",),
        control_group=ControlGroup(
            (ControlGroupFactor("ops", ("id",), ("name",), 2, (READ,)),), ttl=3600
        ),
    ),
    Stanza("sys/*", (Capability.DENY,)),
)


def test_every_attribute_is_written_as_vault_policy_fmt_leaves_it() -> None:
    assert render(EVERYTHING_STANZAS, header="Written by a test.\nBy hand.") == EVERYTHING


def test_every_attribute_is_read_back() -> None:
    assert parse(EVERYTHING) == EVERYTHING_STANZAS


# --- the shape of a document ----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n\t", "# only\n// comments\n/* here */", "{}", " {\n}"])
def test_a_document_without_rules_is_legal(text: str) -> None:
    assert parse(text) == ()
    assert canonical(text) == ""


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('path "a" {}', "a"),
        ("path a.b-c {}", "a.b-c"),
        ("path é {}", "é"),
        ('path "a" "b" {}', "a"),
        ("path {}", "path"),
        ("path = {}", "path"),
        ('"path" "a" {}', "a"),
        ('"p\\x61th" "a" {}', "a"),
        ('name = "ignored"\npath "a" {}', "a"),
        ('name = 12, path "a" {},', "a"),
        ('path "/a" {}', "/a"),
        ('path "//a/**" {}', "//a/**"),
        ('path "foo/+bar/+" {}', "foo/+bar/+"),
        ('path "{{ identity.entity.name }}" {}', "{{ identity.entity.name }}"),
        ('path "${a "quoted" \\" {b} }x" {}', '${a "quoted" \\" {b} }x'),
        ('path "$a$" {}', "$a$"),
        ('path "\\x41\\u00e9\\U0001F600\\101\\n\\t\\"\\\\" {}', 'Aé\U0001f600A\n\t"\\'),
        ('path "\\xc3\\xa9" {}', "é"),
        ('path "\\xff" {}', "\udcff"),
        ('path "\\ud800" {}', "\ufffd"),
        ('path "a" {}\nlast =', "a"),
        ('{"path":{"a":{}}}', "a"),
        ('\n {"path":[{"a":{}}]}', "a"),
        ('{"path":{"\\u00e9":{}}} trailing', "é"),
        ('{"path":{"a":{}', "a"),
        ('{"path":{"a":{},},}', "a"),
    ],
)
def test_labels_are_kept_as_written(text: str, path: str) -> None:
    assert one(text) == Stanza(path)


def test_comments_just_above_a_stanza_are_kept_and_others_are_not() -> None:
    text = (
        "# far\n\n# near\n// nearer\n/* nearest\n * of\n * all */\n"
        'path "a" { # not this\n  # nor this\n} # nor that\n'
        '# lost\n\npath "b" {}\n#tight\npath "c" {}'
    )
    assert [stanza.comment for stanza in parse(text)] == [
        "near\nnearer\nnearest\nof\nall",
        "",
        "tight",
    ]


def test_windows_line_endings_are_read() -> None:
    assert parse(EVERYTHING.replace("\n", "\r\n")) == EVERYTHING_STANZAS


# --- stanzas --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "capabilities"),
    [
        ("", ()),
        ("capabilities = []", ()),
        ("capabilities {}", ()),
        ('capabilities = ["list", "read", "list",]', (READ, LIST)),
        ('capabilities = ["read"] "capabilities" = ["list"]', (READ, LIST)),
        ('policy = ""', ()),
        ('policy = "read"', LEGACY_READ),
        ('policy = "write"', LEGACY_WRITE),
        ('policy = "sudo"', (*LEGACY_WRITE, Capability.SUDO)),
        ('policy = "deny"\ncapabilities = ["nonsense"]', (Capability.DENY,)),
        ('policy = "read", capabilities = ["update"]', (READ, UPDATE, LIST)),
        ('capabilities = ["read", "deny", "nonsense"]', (Capability.DENY,)),
        (
            "capabilities = [" + ", ".join(f'"{one}"' for one in reversed(Capability)) + "]",
            (Capability.DENY,),
        ),
    ],
)
def test_capabilities_and_legacy_levels(
    attributes: str, capabilities: tuple[Capability, ...]
) -> None:
    assert inside(attributes).capabilities == capabilities


def test_deny_ends_a_stanza_with_later_faults_unseen() -> None:
    text = 'capabilities = ["deny"]\nmin_wrapping_ttl = "nonsense"\nallowed_parameters { a = [] }'
    assert inside(text) == Stanza("p", (Capability.DENY,))


def test_the_comment_attribute_may_be_anything() -> None:
    assert inside("comment = [1, {a = 1e}}]") == Stanza("p")  # the exponent swallows that brace


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("300", 300),
        ('"300"', 300),
        ('"5m"', 300),
        ('"1h30m"', 5400),
        ('"0.5h"', 1800),
        ('"2d"', 172800),
        ('"10d"', 864000),
        ("1.9", 1),
        ("0x10", 16),
        ("0x18", 24),
        ("010", 8),
        ('""', 0),
        ("0", 0),
        ("-5", -5),
        ('"-5m"', -300),
        ('"1000ms"', 1),
        ("1e2", 100),
    ],
)
def test_durations(written: str, seconds: int) -> None:
    length = inside(f"max_wrapping_ttl = {written}").max_wrapping_ttl
    assert (length, type(length)) == (seconds, int)


@pytest.mark.parametrize(
    ("written", "nanoseconds"),
    [
        ('"5ms"', 5_000_000),
        ('"1500ms"', 1_500_000_000),
        ('"-1.5s"', -1_500_000_000),
        ('"1ns"', 1),
        ('"1.9ns"', 1),
        ('".3333333333333333333333s"', 333_333_333),
        ('"1µs1μs1us"', 3_000),
        ('"2501h59m59.199999999s"', 9_007_199_199_999_999),
    ],
)
def test_a_fraction_of_a_second_is_kept(written: str, nanoseconds: int) -> None:
    stanza = inside(f"max_wrapping_ttl = {written}")
    assert stanza.max_wrapping_ttl == nanoseconds / 10**9
    assert inside(f'max_wrapping_ttl = "{nanoseconds}ns"') == stanza
    assert f'max_wrapping_ttl = "{nanoseconds}ns"' in render([stanza])


@given(st.integers(1, 2**54))
@example(4_200_000_000_000_005)
@example(9_000_000_000_000_001)
def test_no_length_of_time_becomes_another(length: int) -> None:
    try:
        text = render([inside(f'max_wrapping_ttl = "{length}ns"')])
    except HclError:
        days = length / (86400 * 10**9)
        assert days > 48
    else:
        (written,) = re.findall('max_wrapping_ttl = "(.*)"', text)
        assert nanoseconds(written) == length


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{-(2**63)}", "multiplication of durations resulted in overflow, one operand may"),
        (f"{2**63}", f'time: missing unit in duration "{2**63}"'),
    ],
)
def test_seconds_that_no_integer_holds_are_read_as_no_number(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}"):
        nanoseconds(text)


@pytest.mark.parametrize(
    ("second", "read"),
    [
        ("1, {}: 5", 5),
        ('1, {}: "5"', 5),
        ('"5m", {}: 7', 7),
        ('1, {}: "5m"', 'path "a": strconv.ParseInt: parsing "5m": invalid syntax'),
        (
            '"5m", {}: true',
            'path "a": root.max_wrapping_ttl: unknown type for string *ast.LiteralType',
        ),
    ],
)
def test_what_json_says_twice_is_of_the_type_that_it_was_first(
    second: str, read: int | str
) -> None:
    name = '"max_wrapping_ttl"'
    text = f'{{"path": {{"a": {{{name}: {second.format(name)}}}}}}}'
    if isinstance(read, int):
        assert one(text).max_wrapping_ttl == read
    else:
        assert refused(text).reason == read


def test_the_two_wrapping_ttls_may_be_the_same() -> None:
    stanza = inside('min_wrapping_ttl = "5m"\nmax_wrapping_ttl = 300')
    assert (stanza.min_wrapping_ttl, stanza.max_wrapping_ttl) == (300, 300)


def test_a_denial_keeps_its_comment() -> None:
    denied = one('# why\npath "p" { capabilities = ["deny"] }')
    assert denied == Stanza("p", (Capability.DENY,), comment="why")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("+5m", 300 * 10**9),
        (".5h", 1800 * 10**9),
        ("1.25h", 4500 * 10**9),
        ("1h.5m", 3630 * 10**9),
        ("1.s", 10**9),
        ("1.000000001s", 10**9 + 1),
        ("-1.5s", -1_500_000_000),
        ("9223372036.854775807s", 2**63 - 1),
        ("-9223372036854775808ns", -(2**63)),
    ],
)
def test_lengths_of_time_are_read_as_go_does_to_the_nanosecond(text: str, length: int) -> None:
    assert nanoseconds(text) == length


@pytest.mark.parametrize(
    "text",
    [
        *("+", "-", ".", "s", "5.", "1h5", "9223372036854775808ns", "+9223372036854775808ns"),
        "-9223372036854775809ns",
    ],
)
def test_what_is_no_length_of_time_to_go(text: str) -> None:
    with pytest.raises(ValueError, match=r"^time: "):
        nanoseconds(text)


def test_a_unit_that_there_is_not_is_quoted_byte_by_byte_as_go_does() -> None:
    with pytest.raises(ValueError, match=r"^time: unknown unit") as caught:
        nanoseconds('1"\\\x1f\x7fé\udc80')
    unit = r"\"\\\x1f" + "\x7f" + r"\xc3\xa9\x80"
    assert str(caught.value) == f'time: unknown unit "{unit}" in duration "1{unit}"'


def test_the_least_integer_is_one() -> None:
    ((_, values),) = inside(f"allowed_parameters {{ a = [{-(2**63)}] }}").allowed_parameters
    assert values == (-(2**63),)


def test_parameters_are_lists_by_lower_case_name_and_blocks_add_up() -> None:
    stanza = inside(
        'allowed_parameters { Ttl = ["5m"] }\nallowed_parameters { Ttl = [1, 0x1f, 1.5, false] }\n'
        "denied_parameters = {}"
    )
    assert stanza.allowed_parameters == (("ttl", ("5m", 1, 31, 1.5, False)),)
    assert stanza.denied_parameters == ()


def block(key: str, **pairs: hcl.Value) -> Object:
    return Object(((key, Blocks((Object(tuple(pairs.items())),))),))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('b "c" { d = 1 }', Object((("b", Blocks((block("c", d=1),))),))),
        (
            'b "c" { d = 1 } b "e" { f = 2 } g = 3 b "c" { h = 4 }',
            Object((("b", Blocks((block("c", d=1), block("e", f=2), block("c", h=4)))), ("g", 3))),
        ),
        (
            'b "c" "x" { d = 1 }',
            Object((("b", Blocks((Object((("c", Blocks((block("x", d=1),))),)),))),)),
        ),
        ('b = [1] "b" = [2] c = 1 "c" = 2', Object((("b", (1, 2)), ("c", 2)))),
        (
            "b { x = 1 } b { y = 2 }",
            Object((("b", Blocks((Object((("x", 1),)), Object((("y", 2),))))),)),
        ),
        (
            "c = true b = [2] a = {}",
            Object((("a", Blocks((Object(()),))), ("b", (2,)), ("c", True))),
        ),
    ],
)
def test_objects_among_values_are_what_the_library_makes_of_them(
    written: str, value: hcl.Value
) -> None:
    stanza = inside(f"allowed_parameters {{ a = [{{ {written} }}] }}")
    assert stanza.allowed_parameters == (("a", (value,)),)


def test_numbers_keep_their_type() -> None:
    ((_, values),) = inside("allowed_parameters { a = [1, 1.0, true, .5, 1e3] }").allowed_parameters
    assert [type(value) for value in values] == [int, float, bool, float, float]


def test_json_drops_booleans_in_lists_opens_inner_lists_and_merges_repeated_keys() -> None:
    stanza = one(
        '{"path":{"a":{"capabilities":["read"],"capabilities":["list"],'
        '"required_parameters":["a", true "b",, "c"],"policy":null}}}'
    )
    assert stanza == Stanza("a", (READ, LIST), required_parameters=("a", "b", "c"))


def test_json_objects_alone_in_a_stanza_are_flattened_and_fail() -> None:
    error = refused('{"path":{"a":{"allowed_parameters":{"b":[]}}}}')
    assert error.reason == 'path "a": invalid key "b" on line 1'


def test_control_groups_merge_and_compare_names_without_case() -> None:
    group = inside(
        'capabilities = ["read"]\n'
        'control_group { factor "b" { Identity { group_ids = ["x"] } } }\n'
        'control_group { TTL = "1h" factor "b" { identity { APPROVALS = "2" } } unknown = 1 }'
    ).control_group
    assert group == ControlGroup((ControlGroupFactor("b", ("x",), (), 2),), 3600)


def test_a_factor_may_control_all_that_is_granted() -> None:
    group = inside(f'capabilities = ["read"] control_group {{ {GROUP_FOR_READ} }}').control_group
    assert group == ControlGroup((ControlGroupFactor("f", ("g",), (), 1, (READ,)),))


# --- refusals: Vault's reason, line and column ----------------------------------------------------

SUBSET = "control group factor capabilities must be a subset of the policy's capabilities"
GROUP_FOR_READ = (
    'factor "f" { controlled_capabilities = ["read"] identity { group_ids = ["g"] approvals = 1 } }'
)
ENOUGH = "must provide more than one identity group and approvals > 0"

RULES = [
    # document
    ("x = 1", 1, 1, 'invalid key "x" on line 1'),
    ("\n x {}", 2, 2, 'invalid key "x" on line 0'),
    ("a = 1\nb = 2", 1, 1, 'invalid key "a" on line 1; invalid key "b" on line 2'),
    ('Path "a" {}', 1, 1, 'invalid key "Path" on line 0'),
    ("name = []", 1, 8, "root.name: unknown type for string *ast.ListType"),
    ('path = "a"', 1, 8, 'path "path": cannot check HCL keys of type *ast.LiteralType'),
    ('path "a" = {}', 1, 10, "nested object expected: LBRACE got: ASSIGN"),
    # duplicates
    (
        'path "a" {\n  policy = ""\n  policy = ""\n}',
        3,
        3,
        'The argument "policy" at 3:3 was already set. Each argument can only be defined once',
    ),
    (
        'name = "a"\nname = "a"',
        2,
        1,
        'The argument "name" at 2:1 was already set. Each argument can only be defined once',
    ),
    (
        'path "a" { allowed_parameters { "b" = [], "b" = [] } }',
        1,
        43,
        'The argument "\\"b\\"" at 1:43 was already set. Each argument can only be defined once',
    ),
    # step 1: templates
    *(
        (
            f'path "{label}" {{ x = 1 }}',
            1,
            6,
            "failed to validate policy templating: unbalanced templating characters",
        )
        for label in ("{{a", "a}}", "{{a}}}}", "{{a}}{{b")
    ),
    # step 2: keys
    ('path "+*" {\n x = 1\n}', 2, 2, 'path "+*": invalid key "x" on line 2'),
    ('path "a" { Capabilities = [] }', 1, 12, 'path "a": invalid key "Capabilities" on line 1'),
    (
        'path "a" {\n x = 1\n y {}\n}',
        2,
        2,
        'path "a": invalid key "x" on line 2; path "a": invalid key "y" on line 0',
    ),
    # step 3: types
    (
        'path "+*" { capabilities = "read" }',
        1,
        28,
        'path "+*": unknown slice type: *ast.LiteralType',
    ),
    (
        'path "a" { capabilities = [true] }',
        1,
        28,
        'path "a": root.Capabilities[0]: unknown type for string *ast.LiteralType',
    ),
    (
        'path "a" { policy = ["read"] }',
        1,
        21,
        'path "a": root.Policy: unknown type for string *ast.ListType',
    ),
    (
        'path "a" { allowed_parameters = { b = "c" } }',
        1,
        39,
        'path "a": unknown slice type: *ast.LiteralType',
    ),
    (
        'path "a" { denied_parameters = ["b"] }',
        1,
        32,
        'path "a": root.denied_parameters: not an object type for map (*ast.ListType)',
    ),
    (
        'path "a" { control_group = 1 }',
        1,
        28,
        'path "a": root.control_group: not an object type for struct (*ast.LiteralType)',
    ),
    (
        'path "a" { allowed_parameters { b = [08] } }',
        1,
        38,
        'path "a": strconv.ParseInt: parsing "08": invalid syntax',
    ),
    (
        'path "a" { allowed_parameters { b = [9223372036854775808] } }',
        1,
        38,
        'path "a": strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ),
    (
        'path "a" { allowed_parameters { b = [1e400] } }',
        1,
        38,
        'path "a": strconv.ParseFloat: parsing "1e400": value out of range',
    ),
    (
        '{"path":{"a":{"capabilities":["read", null]}}}',
        1,
        39,
        "unexpected token while parsing list: NULL",
    ),
    (
        'path "p" { allowed_parameters { a "b" { d = 1 } } }',
        1,
        35,
        'path "p": root.allowed_parameters.a[0]: cannot decode into interface: *ast.ObjectItem',
    ),
    (
        'path "p" { allowed_parameters { a = [{ b { x = 1 } b = 3 }] } }',
        1,
        56,
        'path "p": unknown slice type: *ast.LiteralType',
    ),
    # steps 4 and 5: slash, wildcards
    *(
        (
            f'path "{label}" {{ policy = "x" }}',
            1,
            6,
            f"path \"{label.removeprefix('/')}\": invalid use of wildcards ('+*' is forbidden)",
        )
        for label in ("+*", "/foo+*", "a/+*/b")
    ),
    # step 8: legacy levels
    ('path "/a" { policy = "root" }', 1, 22, 'path "/a": invalid policy "root"'),
    (
        'path "a" {\n policy = "Read"\n capabilities = ["x"]\n}',
        2,
        11,
        'path "a": invalid policy "Read"',
    ),
    # step 9: capabilities
    *(
        (
            f'path "/a" {{\n  capabilities = ["read", "{word}"]\n  min_wrapping_ttl = "x"\n}}',
            2,
            27,
            f'path "/a": invalid capability "{word}"',
        )
        for word in ("root", "write", "Read", "", " read")
    ),
    ('path "a" { capabilities = [1] }', 1, 28, 'path "a": invalid capability "1"'),
    # step 11: durations
    *(
        (f'path "a" {{ {name} = {written} }}', 1, 15 + len(name), f"error parsing {name}: {reason}")
        for name in ("min_wrapping_ttl", "max_wrapping_ttl")
        for written, reason in (
            ('"x"', 'time: invalid duration "x"'),
            ('"1"', None),
            ('"1.5"', 'time: missing unit in duration "1.5"'),
            ('"1 m"', 'time: unknown unit " m" in duration "1 m"'),
            ('"-"', 'time: invalid duration "-"'),
            ('"9999999h"', 'time: invalid duration "9999999h"'),
            ('"1_0d"', 'strconv.ParseInt: parsing "1_0": invalid syntax'),
            ('"1dd"', 'strconv.ParseInt: parsing "1d": invalid syntax'),
            ("true", "could not parse duration from input"),
            ("[]", "could not parse duration from input"),
            (
                "9223372037",
                "multiplication of durations resulted in overflow, one operand may be too large",
            ),
            *(
                (written, "so long and not in whole seconds is not read here")
                for written in ('"9999h1ns"', '"4200000000000005ns"', '"9000000000000001ns"')
            ),
            ('"99999999999999999999"', 'time: invalid duration "99999999999999999999"'),
            ('"9999999h1x"', 'time: invalid duration "9999999h1x"'),
        )
        if reason
    ),
    # step 13: control groups
    ('path "a" {\n control_group {}\n}', 2, 16, "no control group factors provided"),
    (
        'path "a" { control_group { factor "f" {} } }',
        1,
        26,
        "no control_group factor provided",
    ),
    (
        'path "a" { control_group { factor "f" { identity { approvals = 1 } } } }',
        1,
        26,
        ENOUGH,
    ),
    (
        'path "a" { control_group { factor "f" { identity { group_ids = ["g"] } } } }',
        1,
        26,
        ENOUGH,
    ),
    (
        f'path "a" {{ control_group {{ {GROUP_FOR_READ} }} }}',
        1,
        26,
        SUBSET,
    ),
    (
        'path "a" { control_group { ttl = "x" } }',
        1,
        26,
        'error parsing control group max ttl: time: invalid duration "x"',
    ),
    # step 14: the two durations
    (
        'path "a" {\n  min_wrapping_ttl = 2\n  max_wrapping_ttl = 1\n}',
        3,
        22,
        "max_wrapping_ttl cannot be less than min_wrapping_ttl",
    ),
]


@pytest.mark.parametrize(("text", "line", "column", "reason"), RULES)
def test_refusals_say_where_and_why(text: str, line: int, column: int, reason: str) -> None:
    error = refused(text)
    assert (error.reason, error.line, error.column) == (reason, line, column)
    assert str(error) == f"line {line}, column {column}: {reason}"


@pytest.mark.parametrize(
    ("within", "where", "what"),
    [
        ('"f" { identity { approvals = [] } }', ".f.identity.approvals", "unknown type *ast.List"),
        ('"f" { identity { group_ids = [true] } }', ".f.identity.group_ids[0]", "unknown type for"),
        ('"f" { identity { group_names = [{}] } }', ".f.identity.group_names[0]", "unknown type"),
        ('"f" { identity = 1 }', ".f.identity", "not an object type for struct (*ast.Literal"),
        ('"f" { controlled_capabilities = [[]] }', ".f.controlled_capabilities[0]", "unknown"),
        ('"f" { name = [] }', ".f.Name", "unknown type for string *ast.ListType"),
        ("{ f = 1 }", ".f", "not an object type for struct (*ast.LiteralType)"),
        ("= 1", "", "not an object type for map (*ast.LiteralType)"),
    ],
)
def test_what_is_of_a_wrong_type_in_a_control_group_is_named(
    within: str, where: str, what: str
) -> None:
    error = refused(f'path "a" {{ control_group {{ factor {within} }} }}')
    assert error.reason.startswith(f'path "a": root.control_group.factor{where}: {what}')


@pytest.mark.parametrize(
    "attribute", ["required_parameters", "mfa_methods", "subscribe_event_types"]
)
def test_what_is_no_text_in_a_list_is_named(attribute: str) -> None:
    error = refused(f'path "${{a}}" {{ {attribute} = ["b", true] }}')
    where = f"root.{attribute}[1]"
    assert error.reason == f'path "${{a}}": {where}: unknown type for string *ast.LiteralType'


@pytest.mark.parametrize("values", ['true "b" = 1', '1 "b" = true', '1.5 "b" = true'])
def test_a_value_that_is_said_twice_stays_of_one_type(values: str) -> None:
    error = refused(f'path "p" {{ allowed_parameters {{ a = [{{ b = {values} }}] }} }}')
    where = "root.allowed_parameters.a[0].b"
    assert error.reason == f'path "p": {where}: unknown type *ast.LiteralType'


def test_faults_are_found_in_vaults_order() -> None:
    label, faults = (
        'path "{label}" {{\n',
        {
            "key": ("unknown = 1\n", "invalid key"),
            "type": ("required_parameters = 1\n", "slice type"),
            "policy": ('policy = "x"\n', "invalid policy"),
            "capability": ('capabilities = ["x"]\n', "invalid capability"),
            "min": ('min_wrapping_ttl = "x"\n', "min_wrapping_ttl"),
            "max": ('max_wrapping_ttl = "x"\n', "max_wrapping_ttl"),
            "group": ("control_group {}\n", "no control group factors"),
        },
    )
    left = list(faults.values())
    while left:
        for order in permutations(left, min(2, len(left))):
            rest = [fault for fault in left if fault not in order]
            body = "".join(written for written, _ in (*order, *rest))
            assert left[0][1] in refused(label.format(label="p") + body + "}").reason
        left.pop(0)
    assert "templating" in refused(label.format(label="{{") + "x = 1 }").reason


def test_errors_are_value_errors_that_survive_pickling() -> None:
    error = refused("x = 1")
    assert isinstance(error, ValueError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


# --- stanzas as values ----------------------------------------------------------------------------


def test_a_stanza_is_canonical_however_it_is_given() -> None:
    stanza = Stanza("a", (LIST, READ, LIST), allowed_parameters=(("B", ("x",)), ("a", ())))
    assert stanza.capabilities == (READ, LIST)
    assert stanza.allowed_parameters == (("a", ()), ("b", ("x",)))
    assert Stanza("a", (READ, Capability.DENY)).capabilities == (Capability.DENY,)


def test_factors_are_sorted_by_name() -> None:
    one, other = ControlGroupFactor("a", ("y",)), ControlGroupFactor("b", ("x",))
    assert ControlGroup((other, one)) == ControlGroup((one, other))
    assert ControlGroup((other, one)).factors == (one, other)


def test_stanzas_are_hashable() -> None:
    assert len({*EVERYTHING_STANZAS, *parse(EVERYTHING)}) == 2


def test_capabilities_are_strings_without_aliases() -> None:
    assert " ".join(Capability) == (
        "create read update delete list sudo patch subscribe recover deny"
    )


def test_the_public_names_are_there() -> None:
    assert all(hasattr(hcl, name) for name in hcl.__all__)


# --- rendering ------------------------------------------------------------------------------------


def test_rendering_nothing() -> None:
    assert render(()) == ""
    assert render((), header="a\n\nb") == "# a\n#\n# b\n"


@pytest.mark.parametrize(
    "stanza",
    [
        Stanza("+*"),
        Stanza("{{"),
        Stanza("a", min_wrapping_ttl=2, max_wrapping_ttl=1),
        Stanza("a", control_group=ControlGroup(())),
        Stanza("a", comment="\0"),
        Stanza("a", max_wrapping_ttl=2**40),
    ],
)
def test_rendering_refuses_what_vault_refuses(stanza: Stanza) -> None:
    with pytest.raises(HclError):
        render([stanza])


@pytest.mark.parametrize(
    "stanza",
    [
        Stanza("a", (Capability.DENY,), required_parameters=("b",)),
        Stanza("a", comment="windows\r\nline"),
        Stanza("a", allowed_parameters=(("b", (Blocks(()),)),)),
    ],
)
def test_rendering_refuses_what_vault_would_read_otherwise(stanza: Stanza) -> None:
    with pytest.raises(ValueError, match=r"Vault would read|Blocks can only"):
        render([stanza])


@pytest.mark.parametrize(
    ("seconds", "written"), [(7200, "2h"), (300, "5m"), (61, "61s"), (3660, "61m"), (-300, "-5m")]
)
def test_a_length_of_time_is_written_in_its_largest_unit(seconds: int, written: str) -> None:
    assert f'= "{written}"' in render([Stanza("a", max_wrapping_ttl=seconds)])


# --- properties -----------------------------------------------------------------------------------

texts = st.text(
    st.sampled_from(
        '${}"\\\n\t#*+/. é日\x00\x7f\x85\ufffd\ue123\U0001f600\udcff\u0130\u03a3\u017faB1'
    )
    | st.characters(codec="utf-8"),
    max_size=12,
)
labels = st.one_of(
    texts,
    st.text(string.ascii_lowercase + "/+*-{}$", max_size=12),
    st.lists(st.sampled_from(["a", "+", "*", "{{identity.entity.id}}", "${b}", '"'])).map("/".join),
)


def is_legal_path(path: str) -> bool:
    try:
        parse(f"path {quote(path)} {{}}")
    except HclError:
        return False
    return True


scalars = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


def objects_of(values: st.SearchStrategy[hcl.Value]) -> st.SearchStrategy[Object]:
    """Objects; an object right under a key of one is `Blocks`, as Vault makes it."""

    def as_object(pairs: dict[str, hcl.Value]) -> Object:
        blocks = {
            key: Blocks((value,)) if isinstance(value, Object) else value
            for key, value in pairs.items()
        }
        return Object(tuple(sorted(blocks.items(), key=lambda pair: pair[0])))

    objects = st.dictionaries(texts, values, max_size=3).map(as_object)
    blocks = st.lists(objects, min_size=1, max_size=2).map(lambda many: Blocks(tuple(many)))
    return st.dictionaries(texts, values | blocks, max_size=3).map(as_object)


values: st.SearchStrategy[hcl.Value] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | objects_of(inner),
    max_leaves=6,
)
names = st.lists(texts, max_size=3).map(tuple)
parameters = st.dictionaries(texts, st.lists(values, max_size=3).map(tuple), max_size=3).map(
    lambda pairs: tuple(pairs.items())
)
capabilities = st.lists(st.sampled_from(Capability)).map(tuple)
durations = st.integers(-(2**33), 2**33)
comment_lines = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n\r\ue123"), max_size=20
)
comments = st.lists(comment_lines, max_size=3).map("\n".join)


@st.composite
def stanzas(draw: st.DrawFn) -> Stanza:
    stanza = Stanza(draw(labels.filter(is_legal_path)), draw(capabilities), comment=draw(comments))
    if Capability.DENY in stanza.capabilities:
        return stanza
    shortest, longest = draw(durations), draw(durations)
    if shortest and longest:
        shortest, longest = sorted((shortest, longest))
    groups = st.builds(
        ControlGroupFactor,
        name=texts,
        group_ids=names.filter(bool),
        group_names=names,
        approvals=st.integers(1, 9),
        controlled_capabilities=st.lists(st.sampled_from(stanza.capabilities)).map(tuple)
        if stanza.capabilities
        else st.just(()),
    )
    factors = st.lists(groups, min_size=1, max_size=2, unique_by=lambda factor: factor.name)
    control_groups = st.builds(ControlGroup, factors.map(tuple), ttl=durations)
    return replace(
        stanza,
        allowed_parameters=draw(parameters),
        denied_parameters=draw(parameters),
        required_parameters=draw(names),
        min_wrapping_ttl=shortest,
        max_wrapping_ttl=longest,
        subscribe_event_types=draw(names),
        mfa_methods=draw(names),
        control_group=draw(st.none() | control_groups),
    )


@given(st.lists(stanzas(), max_size=3).map(tuple), comments)
def test_what_is_rendered_is_read_back(given_stanzas: tuple[Stanza, ...], header: str) -> None:
    assert parse(render(given_stanzas, header=header)) == given_stanzas


@given(st.lists(stanzas(), max_size=3).map(tuple))
def test_rendering_is_a_fixed_point_after_one_parse(given_stanzas: tuple[Stanza, ...]) -> None:
    text = render(given_stanzas)
    assert canonical(text) == text
    assert text == "" or (text.endswith("}\n") and not text.endswith("\n\n"))
