"""HCL version 1 and its JSON form: text to tree, as `hashicorp/hcl` v1.0.1-vault-7 reads it.

What it is: a scanner and two small recursive-descent parsers, faithful to the oddities of that
library (a number's exponent swallows the character after it, an unfinished last assignment is
dropped, JSON needs no closing brace), because Vault decides with that library what a policy means.
What it deliberately does not do: know any key of an ACL policy (`policies.hcl` does), keep comments
other than the one above an item, or nest deeper than `MAX_DEPTH` (Vault knows no such limit).
Errors: `HclError`, with line and column (both from 1, in characters) and the library's own words.
Of several faults it is the one that the library tells: the last of its scanner, which goes on
behind each, or else the first of its parser. Where that is not the first, the error names both.
Unquoted words may hold the letters of Python's Unicode version, which can be older than Go's.
Where the library panics on an escape (`"\\777"`), that is an error here.
Source: hcl/scanner, hcl/parser, hcl/strconv, hcl/token, json/scanner, json/parser of that module.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import NamedTuple, TypeAlias

from policies.go_text import trimmed

__all__ = [
    "HclError",
    "Kind",
    "ListType",
    "LiteralType",
    "Node",
    "ObjectItem",
    "ObjectType",
    "Token",
    "parse_document",
    "quote",
]

MAX_DEPTH = 100


class HclError(ValueError):
    """A text Vault refuses: where (line and column, from 1) and why, in Vault's words.

    `earlier` is a fault before this one, of which Vault does not tell and people want to know.
    """

    def __init__(
        self, line: int, column: int, reason: str, earlier: HclError | None = None
    ) -> None:
        super().__init__(line, column, reason, earlier)
        self.line, self.column, self.reason, self.earlier = line, column, reason, earlier

    def __str__(self) -> str:
        said = f"line {self.line}, column {self.column}: {self.reason}"
        return f"{said} (and before, {self.earlier})" if self.earlier else said


@unique
class Kind(StrEnum):
    """The kinds of token, under the names that error messages use."""

    ILLEGAL = "ILLEGAL"
    EOF = "EOF"
    COMMENT = "COMMENT"
    IDENT = "IDENT"
    NUMBER = "NUMBER"
    FLOAT = "FLOAT"
    BOOL = "BOOL"
    STRING = "STRING"
    HEREDOC = "HEREDOC"
    NULL = "NULL"
    LBRACK = "LBRACK"
    RBRACK = "RBRACK"
    LBRACE = "LBRACE"
    RBRACE = "RBRACE"
    COMMA = "COMMA"
    PERIOD = "PERIOD"
    COLON = "COLON"
    ASSIGN = "ASSIGN"
    ADD = "ADD"
    SUB = "SUB"


class Token(NamedTuple):
    """One token: its kind, its raw text, where it starts, and whether JSON's escapes apply."""

    kind: Kind
    text: str
    line: int
    column: int
    json: bool = False

    @property
    def value(self) -> str:
        """The text that a key or a string stands for."""
        try:
            match self.kind:
                case Kind.STRING:
                    return _unquote(self.text, json=self.json)
                case Kind.HEREDOC:
                    return _unindent(self.text)
                case _:
                    return self.text
        except ValueError:
            raise self.error(f"unquote {self.text} err: invalid syntax") from None

    def error(self, reason: str) -> HclError:
        return HclError(self.line, self.column, reason)


@dataclass(frozen=True, slots=True)
class LiteralType:
    """A number, boolean or string; `at` is its token. JSON's null is an empty string."""

    at: Token


@dataclass(frozen=True, slots=True)
class ListType:
    """`[...]`"""

    at: Token
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ObjectType:
    """`{...}`"""

    at: Token
    items: tuple[ObjectItem, ...]


@dataclass(frozen=True, slots=True)
class ObjectItem:
    """`key = value` (one key, `assign` is the line of its `=`) or `key "label" {...}` (line 0)."""

    keys: tuple[Token, ...]
    value: Node
    assign: int
    comment: str = ""

    @property
    def at(self) -> Token:
        return self.keys[0] if self.keys else self.value.at


Node: TypeAlias = LiteralType | ListType | ObjectType


def parse_document(text: str) -> ObjectType:
    """The tree of a whole document; JSON if and only if its first visible character is `{`."""
    is_json = trimmed(text).startswith("{")
    text = text if is_json else text.replace("\r\n", "\n")
    scanner = _Scanner(text, json=is_json)
    try:
        read = _JsonParser(scanner).document() if is_json else _HclParser(scanner).document()
    except HclError as error:
        raise scanner.fault or error from None
    if scanner.fault is not None:
        raise scanner.fault
    return read


# --- strings -------------------------------------------------------------------------------------

_ESCAPE = r'\\(?:[abfnrtv\\"]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})'
_IS_ESCAPE = re.compile(_ESCAPE)
_NAMED = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
_BY_NAME = {name: character for character, name in _NAMED.items()} | {"\\": "\\", '"': '"'}
_SPECIAL = re.compile(r'["\\$]')


def quote(text: str, *, literal: bool = True) -> str:
    """`text` in double quotes. As an HCL literal, `${` is written so that it stays plain text;
    otherwise as messages quote it (Go's %q). Bytes that are not UTF-8 are surrogate escapes.
    """
    if text.isprintable() and not _SPECIAL.search(text):
        return f'"{text}"'  # nearly always, and ten times as fast as looking at each character
    written = []
    for here, following in zip(text, [*text[1:], ""], strict=False):
        code = ord(here)
        if here in '"\\':
            written.append("\\" + here)
        elif here in _NAMED:
            written.append("\\" + _NAMED[here])
        elif 0xDC80 <= code <= 0xDCFF:
            written.append(f"\\x{code - 0xDC00:02x}")
        elif here == "$" and following == "{" and literal:
            written.append("\\x24")
        elif here.isprintable():
            written.append(here)
        elif code < 0x80:
            written.append(f"\\x{code:02x}")
        else:
            written.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(written) + '"'


def _unquote(text: str, *, json: bool) -> str:
    """The string that a quoted literal stands for. Escapes can make bytes that are not UTF-8: they
    become surrogate escapes. In HCL, nothing inside `${...}` is an escape. `ValueError` if broken.
    """
    if not text:
        return ""
    body, made, position = text[1:-1], bytearray(), 0
    if not _SPECIAL.search(body):
        return body
    while position < len(body):
        if not json and body.startswith("${", position):
            end = _interpolation_end(body, position + 2)
            made += body[position:end].encode()
        elif body[position] == "\\":
            end = position + len(_matched(_IS_ESCAPE, body, position))
            made += _escaped(body[position + 1 : end], json=json)
        else:
            end = position + 1
            made += body[position].encode()
        position = end
    return made.decode(errors="surrogateescape")


def _interpolation_end(body: str, position: int) -> int:
    depth = 1
    while depth:
        if position == len(body) or body[position] == "\ufffd":
            raise ValueError
        depth += {"{": 1, "}": -1}.get(body[position], 0)
        position += 1
    return position


def _escaped(escape: str, *, json: bool) -> bytes:
    if escape in _BY_NAME:
        return _BY_NAME[escape].encode()
    code = int(escape[1:], 16) if escape[0] in "xuU" else int(escape, 8)
    if escape[0] not in "uU":
        return bytes([code])  # ValueError above 255
    if 0xD800 <= code <= 0xDFFF and not json:
        return "\ufffd".encode()
    if code > 0x7FFFFFFF and not json:  # a negative number to the library, cut to its last byte
        return bytes([code & 0xFF])
    if code > 0x10FFFF:
        raise ValueError
    return chr(code).encode()  # ValueError for a surrogate


def _unindent(text: str) -> str:
    """A heredoc's content. The library assumes that the end marker is as long as the first one."""
    heredoc = text.encode()
    first = heredoc.index(b"\n")
    content = heredoc[first + 1 : len(heredoc) - first + 1]
    if not text.startswith("<<-"):
        return content.decode(errors="surrogateescape")
    lines = heredoc[first + 1 : len(heredoc) - first + 2].split(b"\n")
    indent = lines[-1]
    if not all(line.startswith(indent) for line in lines):
        return content.rstrip(b" \t").decode(errors="surrogateescape")
    lines = [*(line.removeprefix(indent) for line in lines[:-1]), b""]
    return b"\n".join(lines).decode(errors="surrogateescape")


# --- scanner -------------------------------------------------------------------------------------

_EXPONENT = r"[eE][-+]?(?:[0-9]+|.|\Z)"  # without digits it swallows whatever comes next
_NUMBER = re.compile(
    rf"(?:-?0[xX](?P<hex>[0-9a-fA-F]*)"
    rf"|-?[0-9]+(?P<fraction>\.[0-9]*)?(?P<exponent>{_EXPONENT})?"
    rf"|(?P<dot>\.)[0-9]+[eE]?)",
    re.DOTALL,
)
_BAD_OCTAL = re.compile(r"0[0-9]+[89][0-9]*")  # the library lets the first digit be any
_STARTS_NUMBER = re.compile(r"-?[0-9]|\.[0-9]")
_JSON_STRING = re.compile(rf'"(?:[^"\\\n\0]|{_ESCAPE})*"')
_BROKEN_ESCAPE = re.compile(r"\\(?:(?P<code>[0-7]{1,3}|[xuU][0-9a-fA-F]*)|.|\Z)", re.DOTALL)
_LINE_END = re.compile(r"[\n\0]|\Z")
_LONG_COMMENT_END = re.compile(r"\*/|\0|\Z")
_PUNCTUATION = {
    "[": Kind.LBRACK,
    "]": Kind.RBRACK,
    "{": Kind.LBRACE,
    "}": Kind.RBRACE,
    ",": Kind.COMMA,
    ".": Kind.PERIOD,
}
# What policies are mostly made of, at one look and by the names of `Kind`: `scan` finds the same.
_PLAIN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<STRING> "[^"\\$\n\0\ue123\ud800-\udfff]*" )
        | (?P<IDENT> (?!(?:true|false)\b) [A-Za-z_][A-Za-z0-9_]* (?![\w.\0\ue123\ud800-\udfff-]) )
        | (?P<COMMENT> \#[^\n\0\ue123\ud800-\udfff]* (?=\n|\Z) )
        | (?P<ASSIGN> = ) | (?P<COMMA> , )
        | (?P<LBRACE> \{ ) | (?P<RBRACE> \} ) | (?P<LBRACK> \[ ) | (?P<RBRACK> \] )
    )""",
    re.VERBOSE,
)
_KINDS = dict(Kind.__members__)
_HCL_PUNCTUATION = _PUNCTUATION | {"=": Kind.ASSIGN, "+": Kind.ADD, "-": Kind.SUB}
_JSON_PUNCTUATION = _PUNCTUATION | {":": Kind.COLON}


def _matched(pattern: re.Pattern[str], text: str, position: int) -> str:
    found = pattern.match(text, position)
    return found[0] if found else ""


def _is_letter(character: str) -> bool:
    return character.isalpha() or character == "_"


def _is_digit(character: str) -> bool:
    return character.isdecimal()


_RESERVED = {
    "\0": "unexpected null character (0x00)",
    "\ue123": "unicode code point U+E123 reserved for internal use",
}


class _Scanner:
    """Text to tokens. What is no token is a fault; scanning goes on behind it, as far as a parser
    asks, and the last fault counts. A null character ends whatever it is in.
    """

    def __init__(self, text: str, *, json: bool) -> None:
        self._text, self._json, self._position = text, json, 0
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._punctuation = _JSON_PUNCTUATION if json else _HCL_PUNCTUATION
        reserved = "" if json else "\0\ue123"
        found = re.finditer(f"[\ud800-\udfff{reserved}]", text)
        self._reserved = [character.start() for character in found]
        self.fault: HclError | None = None  # the last, which knows the first

    def scan(self) -> Token:
        text, start = self._text, self._position
        if not self._json and (plain := _PLAIN.match(text, start)) and plain.lastgroup:
            start, self._position = plain.span(plain.lastgroup)
            return Token(_KINDS[plain.lastgroup], plain[plain.lastgroup], *self._place(start))
        while start < len(text) and text[start] in " \t\r\n":
            start += 1
        character = text[start : start + 1]
        if character in ("", "\0"):
            kind, end = Kind.EOF, self._passed(start, start + 1)
        elif _is_letter(character):
            kind, end = self._word(start)
        elif _STARTS_NUMBER.match(text, start):
            kind, end = self._number(start)
        elif character == '"':
            kind, end = Kind.STRING, self._string(start)
        elif character in "#/" and not self._json:
            kind, end = Kind.COMMENT, self._comment(start)
        elif character == "<" and not self._json:
            kind, end = Kind.HEREDOC, self._heredoc(start)
        elif character in self._punctuation:
            kind, end = self._punctuation[character], start + 1
        else:
            kind, end = Kind.ILLEGAL, self._passed(start, start + 1)
            named = self._json and character != "-"
            self._refuse(start, f"illegal char: {character}" if named else "illegal char")
        self._position = end
        return Token(kind, text[start:end], *self._place(start), json=self._json)

    def _place(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._lines, position)
        return line, position - self._lines[line - 1] + 1

    def _refuse(self, position: int, reason: str) -> None:
        first = self.fault and (self.fault.earlier or self.fault)
        self.fault = HclError(*self._place(position), reason, first)

    def _passed(self, start: int, end: int) -> int:
        """The end, once it is noted which characters before it may stand nowhere."""
        for position in self._reserved:
            if start <= position < end:
                reason = _RESERVED.get(self._text[position], "illegal UTF-8 encoding")
                self._refuse(position, reason)
        return min(end, len(self._text))

    def _and_next(self, end: int) -> int:
        """The end of what is read a character too far, which is put back unless it is null."""
        self._passed(end, end + 1)
        return end + self._text.startswith("\0", end)

    def _word(self, start: int) -> tuple[Kind, int]:
        text, end = self._text, start + 1
        joiners = "-" if self._json else "-."
        while end < len(text) and (
            _is_letter(text[end]) or _is_digit(text[end]) or text[end] in joiners
        ):
            end += 1
        end = self._and_next(end)
        match text[start:end]:
            case "true" | "false":
                return Kind.BOOL, end
            case "null" if self._json:
                return Kind.NULL, end
            case _ if self._json:
                self._refuse(start, "illegal char")
                return Kind.ILLEGAL, end
            case _:
                return Kind.IDENT, end

    def _number(self, start: int) -> tuple[Kind, int]:
        found = _NUMBER.match(self._text, start)
        assert found is not None
        digits = found[0].removeprefix("-")
        if self._json and found["hex"] is not None:
            return Kind.NUMBER, found.start() + found[0].index("0") + 1  # the `x` comes next
        end = self._passed(start, found.end())
        if found["hex"] is not None or found[0][-1] in string.digits:
            end = self._and_next(end)
        if found["hex"] == "":
            self._refuse(start, "illegal hexadecimal number")
        elif found["dot"] or found["fraction"] or found["exponent"]:
            return Kind.FLOAT, end
        elif self._json and digits[0] == "0" and len(digits) > 1:
            self._refuse(start, "numbers cannot start with 0")
        elif not self._json and _BAD_OCTAL.fullmatch(digits):
            self._refuse(start, "illegal octal number")
        return Kind.NUMBER, end

    def _string(self, start: int) -> int:
        text, position, braces = self._text, start + 1, 0
        if self._json and (found := _JSON_STRING.match(text, start)):
            return found.end()
        while True:
            character = text[position : position + 1]
            if character in ("", "\0") or (character == "\n" and not braces):
                end = self._passed(position, position + 1)
                self._refuse(position, "literal not terminated")
                return end
            if character == '"' and not braces:
                return position + 1
            if character == "\\":
                position = self._escape(position)
            elif (
                character == "$" and not (self._json or braces) and text[position + 1 :][:1] == "{"
            ):
                braces, position = 1, position + 2
            else:
                braces += {"{": 1, "}": -1}.get(character, 0) if braces else 0
                position = self._passed(position, position + 1)

    def _escape(self, start: int) -> int:
        text = self._text
        found = _IS_ESCAPE.match(text, start)
        # The library must see what follows digits, too.
        if found and (
            self._json or len(found[0]) == 2 or text[found.end() :][:1] not in ("", "\0")
        ):
            return found.end()
        found = _BROKEN_ESCAPE.match(text, start)
        assert found is not None
        end = found.end()
        if not self._json and found["code"]:
            # Of digits that are missing altogether, what stands in their place is taken for one.
            end = end + 1 if found["code"] in "xuU" else self._and_next(end)
        end = self._passed(start, end)
        self._refuse(start, "illegal char escape")
        return end

    def _comment(self, start: int) -> int:
        text = self._text
        if text.startswith("/*", start):
            found = _LONG_COMMENT_END.search(text, start + 2)
            assert found is not None
            end = self._passed(start, found.end())
            if found[0] != "*/":
                self._refuse(start, "comment not terminated")
            return end
        if text[start] == "/" and not text.startswith("//", start):
            self._refuse(start, "expected '/' for comment")
            return start + 1
        found = _LINE_END.search(text, start)
        assert found is not None
        return self._passed(start, found.end() if found[0] == "\0" else found.start())

    def _heredoc(self, start: int) -> int:
        text, end = self._text, start + 2
        if not text.startswith("<<", start):
            end = self._passed(start, end)
            self._refuse(start, "heredoc expected second '<', didn't see it")
            return end
        end += text.startswith("-", end)
        while end < len(text) and (_is_letter(text[end]) or _is_digit(text[end])):
            end += 1
        # A carriage return may end the anchor, and is then part of its name.
        end += text.startswith("\r\n", end)
        anchor, following = text[start + 2 : end], text[end : end + 1]
        end = self._passed(end, end + 1)
        if following in ("", "\0"):
            self._refuse(start, "heredoc not terminated")
        elif following != "\n":
            self._refuse(start, "invalid characters in heredoc anchor")
        elif anchor in ("", "-"):
            self._refuse(start, "zero-length heredoc anchor")
        else:
            return self._heredoc_end(start, anchor, end)
        return end

    def _heredoc_end(self, start: int, anchor: str, position: int) -> int:
        text = self._text
        is_end = re.compile(rf"[\t\n\v\f\r ]*{anchor.removeprefix('-')}\r*")
        while (found := _LINE_END.search(text, position)) and found[0] == "\n":
            self._passed(position, found.end())
            line = text[position : found.start()]
            # The library compares lengths with the `-` of the anchor counted in.
            if len(line.encode()) >= len(anchor.encode()) and is_end.fullmatch(line):
                return found.end()
            position = found.end()
        assert found is not None
        end = self._passed(position, found.end())
        self._refuse(start, "heredoc not terminated")
        return end


# --- parsers -------------------------------------------------------------------------------------


class _EndOfInputError(Exception):
    """The text ended where a key or a value was expected, which is not always an error."""


class _HclParser:
    def __init__(self, scanner: _Scanner) -> None:
        self._scanner = scanner
        self._token = Token(Kind.EOF, "", 0, 0)
        self._comment = ""  # the comment on the lines just above the current token
        self._held = False
        self._depth = 0

    def document(self) -> ObjectType:
        return ObjectType(Token(Kind.EOF, "", 1, 1), tuple(self._items(closed=False)))

    def _scan(self) -> Token:
        if self._held:
            self._held = False
            return self._token
        previous, comments = self._token, list[Token]()
        self._token = self._scanner.scan()
        while self._token.kind is Kind.COMMENT:
            if self._token.line != previous.line:
                comments.append(self._token)
            self._token = self._scanner.scan()
        self._comment = _lead_comment(comments, self._token.line) if comments else ""
        return self._token

    def _peek(self) -> Token:
        token = self._scan()
        self._held = True
        return token

    def _items(self, *, closed: bool) -> Iterator[ObjectItem]:
        assigned = set[str]()
        while not (closed and self._peek().kind is Kind.RBRACE):
            try:
                item = self._item()
            except _EndOfInputError:
                return
            self._peek()  # first, as what is no token there goes before an argument set twice
            if item.assign:
                key = item.keys[0]
                if key.text in assigned:
                    raise key.error(
                        f"The argument {quote(key.text, literal=False)} at "
                        f"{key.line}:{key.column} was already set. "
                        "Each argument can only be defined once"
                    )
                assigned.add(key.text)
            yield item
            if self._token.kind is Kind.COMMA:
                self._scan()

    def _item(self) -> ObjectItem:
        self._peek()
        comment, keys = self._comment, list[Token]()
        while (token := self._scan()).kind in (Kind.IDENT, Kind.STRING):
            keys.append(token)
        match token.kind:
            case Kind.EOF if not keys:
                raise _EndOfInputError
            case Kind.ASSIGN if not keys:
                raise token.error("no object keys found!")
            case Kind.ASSIGN if len(keys) > 1:
                raise token.error("nested object expected: LBRACE got: ASSIGN")
            case Kind.ASSIGN:
                return ObjectItem(tuple(keys), self._value(), token.line, comment)
            case Kind.LBRACE if keys:
                return ObjectItem(tuple(keys), self._object(token), 0, comment)
            case Kind.LBRACE:
                raise token.error("expected: IDENT | STRING got: LBRACE")
            case Kind.EOF | Kind.RBRACE if keys:
                names = " ".join(key.text for key in keys)
                raise token.error(
                    f"key '{names}' expected start of object ('{{') or assignment ('=')"
                )
            case _:
                raise token.error(f"expected: IDENT | STRING | ASSIGN | LBRACE got: {token.kind}")

    def _value(self) -> Node:
        match (token := self._scan()).kind:
            case Kind.NUMBER | Kind.FLOAT | Kind.BOOL | Kind.STRING | Kind.HEREDOC:
                return LiteralType(token)
            case Kind.LBRACE:
                return self._object(token)
            case Kind.LBRACK:
                return self._list(token)
            case Kind.EOF:
                raise _EndOfInputError
            case _:
                place = f"{token.line}:{token.column}"
                raise token.error(f"Unknown token: {place} {token.kind} {token.text}")

    def _object(self, start: Token) -> ObjectType:
        self._depth = _deeper(self._depth, start)
        items = tuple(self._items(closed=True))
        self._depth -= 1
        if (token := self._scan()).kind is not Kind.RBRACE:
            raise token.error(f"object expected closing RBRACE got: {token.kind}")
        return ObjectType(start, items)

    def _list(self, start: Token) -> ListType:
        self._depth = _deeper(self._depth, start)
        items, need_comma = list[Node](), False
        while (token := self._scan()).kind is not Kind.RBRACK:
            if need_comma and token.kind is not Kind.COMMA:
                raise token.error(
                    f"error parsing list, expected comma or list end, got: {token.kind}"
                )
            match token.kind:
                case Kind.NUMBER | Kind.FLOAT | Kind.BOOL | Kind.STRING | Kind.HEREDOC:
                    items.append(LiteralType(token))
                case Kind.LBRACE:
                    items.append(_within_list("object", self._object, token))
                case Kind.LBRACK:
                    items.append(_within_list("list", self._list, token))
                case Kind.COMMA:
                    pass
                case _:
                    raise token.error(f"unexpected token while parsing list: {token.kind}")
            need_comma = token.kind not in (Kind.COMMA, Kind.LBRACK)
        self._depth -= 1
        return ListType(start, tuple(items))


class _TooDeepError(HclError):
    """A limit of this module, of which the library has no words."""


def _deeper(depth: int, token: Token) -> int:
    if depth == MAX_DEPTH:
        reason = f"nested deeper than {MAX_DEPTH} levels, which is not read here"
        raise _TooDeepError(token.line, token.column, reason)
    return depth + 1


def _within_list(what: str, read: Callable[[Token], Node], start: Token) -> Node:
    try:
        return read(start)
    except _TooDeepError:
        raise
    except HclError as error:
        reason = f"error while trying to parse {what} within list: {error.reason}"
        raise HclError(error.line, error.column, reason) from None


def _lead_comment(comments: list[Token], line: int) -> str:
    """The text of the comments on adjacent lines that end just above `line`."""
    lead = list[str]()
    for comment in reversed(comments):
        if comment.line + comment.text.count("\n") != line - 1:
            break
        lead.append(_comment_text(comment.text))
        line = comment.line
    return "\n".join(reversed(lead))


def _comment_text(comment: str) -> str:
    if comment.startswith("/*"):
        lines = [line.strip().removeprefix("*").strip() for line in comment[2:-2].split("\n")]
        return "\n".join(lines).strip("\n")
    return comment[1 if comment[0] == "#" else 2 :].removeprefix(" ")


class _JsonParser:
    """JSON as the library reads it: lax about commas and about what is left open or follows."""

    def __init__(self, scanner: _Scanner) -> None:
        self._scanner = scanner
        self._token = Token(Kind.EOF, "", 1, 1)
        self._depth = 0

    def document(self) -> ObjectType:
        return _flattened_object(self._object(self._scan()))

    def _scan(self) -> Token:
        self._token = self._scanner.scan()
        return self._token

    def _object(self, start: Token) -> ObjectType:
        self._depth = _deeper(self._depth, start)
        items = list[ObjectItem]()
        try:
            items.append(self._item())
            while self._scan().kind is Kind.COMMA:
                items.append(self._item())
        except _EndOfInputError:
            pass
        except _UnexpectedError as error:
            if self._token.kind is not Kind.RBRACE:
                raise error.token.error(error.reason) from None
        self._depth -= 1
        return ObjectType(start, tuple(items))

    def _item(self) -> ObjectItem:
        keys = list[Token]()
        while (token := self._scan()).kind is Kind.STRING:
            keys.append(token)
        if token.kind is Kind.EOF:
            raise _EndOfInputError
        if token.kind is not Kind.COLON or not keys:
            raise _UnexpectedError(token, f"expected: STRING got: {token.kind}")
        return ObjectItem(tuple(keys), self._value(), token.line)

    def _value(self) -> Node:
        match (token := self._scan()).kind:
            case Kind.NUMBER | Kind.FLOAT | Kind.BOOL | Kind.STRING:
                return LiteralType(token)
            case Kind.NULL:
                return LiteralType(token._replace(kind=Kind.STRING, text=""))
            case Kind.LBRACE:
                return self._object(token)
            case Kind.LBRACK:
                return self._list(token)
            case Kind.EOF:
                raise _EndOfInputError
            case _:
                place = f"{token.line}:{token.column}"
                reason = (
                    f"Expected object value, got unknown token: {place} {token.kind} {token.text}"
                )
                raise _UnexpectedError(token, reason)

    def _list(self, start: Token) -> ListType:
        """Commas are noise, booleans are dropped, and a list within a list is opened up."""
        items = list[Node]()
        while (token := self._scan()).kind is not Kind.RBRACK:
            match token.kind:
                case Kind.NUMBER | Kind.FLOAT | Kind.STRING:
                    items.append(LiteralType(token))
                case Kind.LBRACE:
                    items.append(self._object(token))
                case Kind.COMMA | Kind.BOOL | Kind.LBRACK:
                    pass
                case _:
                    raise _UnexpectedError(
                        token, f"unexpected token while parsing list: {token.kind}"
                    )
        return ListType(start, tuple(items))


class _UnexpectedError(Exception):
    """A JSON parse error, which an enclosing object forgives if it stands at a closing brace."""

    def __init__(self, token: Token, reason: str) -> None:
        super().__init__(token, reason)
        self.token, self.reason = token, reason


def _flattened_object(node: ObjectType) -> ObjectType:
    """JSON to the shape of HCL: an item that holds only objects becomes one item for each."""
    items = (flat for item in node.items for flat in _flattened_items(item))
    return ObjectType(
        node.at, tuple(replace(item, value=_flattened_value(item.value)) for item in items)
    )


def _flattened_value(node: Node) -> Node:
    match node:
        case ObjectType():
            return _flattened_object(node)
        case ListType():
            return ListType(node.at, tuple(_flattened_value(item) for item in node.items))
        case LiteralType():
            return node


def _flattened_items(item: ObjectItem) -> Iterator[ObjectItem]:
    match item.value:
        case ObjectType(items=inner) if inner and all(
            isinstance(one.value, ObjectType) for one in inner
        ):
            for one in inner:
                yield from _flattened_items(
                    replace(item, keys=item.keys + one.keys, value=one.value)
                )
        case ListType(items=nodes) if nodes and all(isinstance(one, ObjectType) for one in nodes):
            for node in nodes:
                yield from _flattened_items(replace(item, value=node))
        case _:
            yield item
