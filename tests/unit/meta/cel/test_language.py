"""The language itself: literals, operators, macros, errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.cel.errors import CompileError, CostLimitError, EvaluationError
from bouvier.meta.cel.program import Environment
from bouvier.meta.cel.types import DYN, INT
from bouvier.meta.cel.values import INT_MAX, INT_MIN, equal

ENVIRONMENT = Environment({"self": DYN, "n": INT})
SELF = {"a": {"b": 3}, "names": ["x", "y"], "none": None, "half": 0.5}


def value_of(text, **bindings):
    return ENVIRONMENT.compile(text).evaluate({"self": SELF, "n": 4, **bindings})[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7),
        ("-5 / 2", -2),
        ("-5 % 2", -1),
        ("7u % 4u", 3),
        ("0x1F", 31),
        ("-9223372036854775808", INT_MIN),
        ("1.5e2", 150.0),
        ("'a' + \"b\"", "ab"),
        ("'''a'b'''", "a'b"),
        (r"r'\d'", r"\d"),
        (r"'\u00e9\x41\101\n'", "éAA\n"),
        (r"b'\xff'", b"\xff"),
        ("b'é'.size()", 2),
        ("1 < 2 && 2.0 >= 1 && 1u < 2", True),
        ("!false || self.missing", True),
        ("self.missing || true", True),
        ("false && self.missing", False),
        ("self.missing && false", False),
        ("n > 3 ? 'big' : 'small'", "big"),
        ("'x' in self.names", True),
        ("'b' in self.a", True),
        ("has(self.a.b) && !has(self.a.c)", True),
        ("self.names[1]", "y"),
        ("{'k': 1, 'l': 2}['l']", 2),
        ("{1: 'one', true: 'yes'}[true]", "yes"),
        ("{1: 'one'}[dyn(1.0)]", "one"),
        ("dyn(1) == dyn(1.0) && dyn(1u) == dyn(1)", True),
        ("dyn(1) == dyn(true)", False),
        ("[1, [2]] == [1, [2]] && {'a': [1]} == {'a': [1]}", True),
        ("dyn([1]) == dyn([true])", False),
        ("null == self.none", True),
        ("type(1) == int && type('a') == string && type(null) == null_type", True),
        ("type(timestamp(0)) == google.protobuf.Timestamp", True),
        ("self.`a`.b", 3),
        ("// a remark\n1", 1),
    ],
)
def test_value(text, wanted):
    """Expressions have the values that the language's definition gives them."""
    found = value_of(text)

    assert (found, type(found) is bool) == (wanted, type(wanted) is bool)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[1, 2, 3].all(x, x > 0)", True),
        ("[1, 2, 3].exists(x, x > 2)", True),
        ("[1, 0].exists(x, 1 / x == 1)", True),
        ("[0, 2].all(x, 1 / x == 1)", False),
        ("[1, 2, 2].exists_one(x, x == 2)", False),
        ("[1, 2, 3].filter(x, x != 2)", [1, 3]),
        ("[1, 2].map(x, x * 2)", [2, 4]),
        ("[1, 2].map(x, x > 1, x * 2)", [4]),
        ("{'a': 1}.all(k, k == 'a')", True),
        ("['a', 'b'].all(i, v, i < 2 && v != 'c')", True),
        ("{'a': 1}.exists(k, v, k == 'a' && v == 1)", True),
        ("['a', 'b'].existsOne(i, v, v == 'b')", True),
        ("['a', 'b'].transformList(i, v, v + string(i))", ["a0", "b1"]),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v + 1)", {"b": 3}),
        ("{'a': 'x'}.transformMapEntry(k, v, {v: k})", {"x": "a"}),
        ("cel.bind(x, n + 1, x * x)", 25),
        ("[[1, 2], [3]].map(x, x.map(y, y + n))", [[5, 6], [7]]),
        ("self.?a.?b.orValue(0) + self.?a.?c.orValue(1)", 4),
        ("self.?missing.hasValue()", False),
        ("optional.of(2).optMap(x, x + 1).value()", 3),
        ("optional.none().optFlatMap(x, optional.of(x)).hasValue()", False),
        ("self[?'a'].hasValue() && !self.names[?9].hasValue()", True),
        ("[1, ?optional.none(), ?optional.of(2)]", [1, 2]),
        ("{?'a': self.?missing, 'b': 1}", {"b": 1}),
    ],
)
def test_macro(text, wanted):
    """Macros go over lists and maps, absorb errors as specified and nest."""
    assert value_of(text) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9223372036854775807 + 1", "integer overflow"),
        ("0u - 1u", "unsigned integer overflow"),
        ("-(n - 9223372036854775807 - 5)", "integer overflow"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("self.missing", "no such key: missing"),
        ("self.names[2]", "index out of bounds: 2"),
        ("self.a + 1", "no such overload"),
        ("self.names && true", "no such overload"),
        ("int('x')", "type conversion error from 'string' to 'int'"),
        ("optional.none().value()", "optional.none() dereference"),
        ("'a'.matches('(')", "error parsing regexp: missing ): ("),
    ],
)
def test_no_value(text, message):
    """What has no value says why."""
    with pytest.raises(EvaluationError) as caught:
        value_of(text)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo + 1", "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo + 1\n | ^"),
        (
            "n + 'x'",
            "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | n + 'x'\n | ..^",
        ),
        ("n.field", "ERROR: <input>:1:2: type 'int' does not support field selection\n | n.field\n | .^"),
        ("n.size()", "found no matching overload for 'size' applied to 'int.()'"),
        ("n ? 1 : 2", "expected type 'bool' but found 'int'"),
        ("[1].all(x, x)", "expected type 'bool' but found 'int'"),
        ("n.all(x, true)", "expression of type 'int' cannot be range of a comprehension"),
        ("has(n)", "invalid argument to has() macro"),
        ("[1].map(1, 2)", "argument must be a simple name"),
        ("self.", "mismatched input '<EOF>' expecting IDENTIFIER"),
        ("1 +", "Syntax error"),
        ("'abc", "token recognition error"),
        ("9223372036854775808", "invalid int literal"),
        ("let + 1", "reserved identifier: let"),
        ("((((" * 40 + "1" + "))))" * 40, "recursion limit exceeded"),
        ("1" + " + 1" * 5000, "nested too deeply"),
    ],
)
def test_not_an_expression(text, message):
    """Text that does not compile is answered with the place and the reason."""
    with pytest.raises(CompileError) as caught:
        ENVIRONMENT.compile(text)

    assert message in str(caught.value)


def test_cost_is_limited():
    """An expression that would run for long is given up."""
    program = ENVIRONMENT.compile("self.all(x, self.all(y, x + y >= 0))")

    with pytest.raises(CostLimitError):
        program.evaluate({"self": list(range(2000))})


def test_growing_text_is_limited():
    """Doubling a text again and again ends at the limit, not at the end of memory."""
    text = "'0123456789'"
    for _ in range(40):
        text = f"cel.bind(x, {text}, x + x)"

    with pytest.raises(CostLimitError):
        ENVIRONMENT.compile(text).evaluate({})


DOUBLINGS = 22
"""Enough for more parts than may be walked through; twice as many fit into one expression."""


def doubled(start, step, end="x"):
    text = end
    for _ in range(DOUBLINGS):
        text = f"cel.bind(x, {step}, {text})"
    return f"cel.bind(x, {start}, {text})"


@pytest.mark.parametrize(
    "text",
    [
        doubled("[1, 1]", "x + x", "x.size()"),
        doubled("[1, 1]", "[x, x]", "'%s'.format([x])"),
        doubled("[1, 1]", "[x, x]", f"x == {doubled('[1, 1]', '[x, x]')}"),
        doubled("{'a': 1}", "{'a': x, 'b': x}", "x == " + doubled("{'a': 1}", "{'a': x, 'b': x}")),
    ],
)
def test_values_that_double(text):
    """Values that look small and are huge end in an error, not in a stuck server."""
    program = ENVIRONMENT.compile(text)

    with pytest.raises((EvaluationError, CostLimitError)):
        program.evaluate({})


@pytest.mark.parametrize(
    "text",
    ["self.a.replace('', self.a)", "self.b.join(self.a)", "self.a.format(self.b)", "self.b.map(x, self.a).join()"],
)
def test_texts_that_explode(text):
    """Texts that would not fit into memory are refused."""
    value = {"a": "%s" * 100_000, "b": ["y" * 1000] * 100_000}

    with pytest.raises((EvaluationError, CostLimitError)):
        value_of(text, self=value)


def test_cost_of_a_field_path():
    """Each name and field costs one, as in the original."""
    assert ENVIRONMENT.compile("self.a.b == 3").evaluate({"self": SELF}) == (True, 4)


WHOLE = st.integers(INT_MIN, INT_MAX)


@given(WHOLE, WHOLE)
def test_division_and_remainder_belong_together(one, two):
    """(a / b) * b + a % b is a, unless it overflows."""
    try:
        found = value_of("(self.x / self.y) * self.y + self.x % self.y", self={"x": one, "y": two})
    except EvaluationError as error:
        assert two == 0 or (one, two) == (INT_MIN, -1), error
    else:
        assert found == one


@given(st.text())
def test_any_text_survives_a_literal(text):
    """A quoted text is the text."""
    quoted = "".join(f"\\U{ord(one):08x}" for one in text)

    assert value_of(f"'{quoted}'") == text


@given(st.text(max_size=60))
def test_any_input_compiles_or_says_why(text):
    """No input breaks the compiler."""
    try:
        ENVIRONMENT.compile(text)
    except CompileError as error:
        assert str(error).startswith("ERROR: <input>:")


ATOMS = st.sampled_from(
    [
        "1",
        "0",
        "-7",
        "2u",
        "1.5",
        "'a'",
        "''",
        "b'x'",
        "true",
        "null",
        "self",
        "n",
        "[]",
        "[1, 'a']",
        "{'k': 1}",
        "timestamp(0)",
        "duration('1s')",
        "optional.of(1)",
        "int",
        "quantity('1')",
        "ip('::1')",
        "url('/x')",
    ]
)
METHODS = st.sampled_from(
    [
        "size()",
        "startsWith('a')",
        "matches('a*')",
        "split('')",
        "indexOf('a')",
        "lastIndexOf('a', 3)",
        "replace('a', 'b')",
        "substring(1)",
        "format([1])",
        "join()",
        "sum()",
        "min()",
        "isSorted()",
        "getFullYear()",
        "getHours('CET')",
        "family()",
        "asInteger()",
        "add(1)",
        "orValue(2)",
        "value()",
        "map(x, x)",
        "filter(x, x)",
        "all(x, x == 1)",
        "k",
        "?k",
        "getQuery()",
    ]
)


def deeper(inner):
    binary = st.sampled_from(["+", "-", "*", "/", "%", "==", "<", ">=", "in", "&&", "||"])
    return st.one_of(
        st.builds("({0} {1} {2})".format, inner, binary, inner),
        st.builds("dyn({0}).{1}".format, inner, METHODS),
        st.builds("({0}).{1}".format, inner, METHODS),
        st.builds("dyn({0})[dyn({1})]".format, inner, inner),
        st.builds("(dyn({0}) ? {1} : dyn({2}))".format, inner, inner, inner),
        st.builds("[{0}, {1}]".format, inner, inner),
        st.builds("{{{0}: {1}}}".format, inner, inner),
        st.builds(
            "{1}({0})".format, inner, st.sampled_from(["int", "uint", "double", "string", "bytes", "type", "-", "!"])
        ),
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.recursive(ATOMS, deeper, max_leaves=6), VALUES)
def test_any_expression_has_a_value_or_says_why(text, given_value):
    """Whatever is asked of whatever value, the answer is a value, or an error of the language."""
    try:
        program = ENVIRONMENT.compile(text)
        value, cost = program.evaluate({"self": given_value, "n": 3})
    except (CompileError, EvaluationError, CostLimitError):
        return
    assert cost >= 0
    assert equal(value, value) or "NaN" in repr(value) or "nan" in repr(value)
