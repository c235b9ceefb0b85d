"""Functions of CEL and Kubernetes, by example."""

import pytest

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.program import Environment

ENVIRONMENT = Environment({})


def value_of(text):
    return ENVIRONMENT.compile(text).evaluate({})[0]


@pytest.mark.parametrize(
    "text",
    [
        "'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')",
        "'hello'.matches('^h.*o$') && matches('hello', 'ell')",
        "'tacocat'.charAt(4) == 'c'",
        "'hello mellow'.indexOf('ello', 2) == 7 && 'hello'.indexOf('x') == -1",
        "'hello mellow'.lastIndexOf('ello') == 7 && 'hello mellow'.lastIndexOf('ello', 6) == 1",
        "'TacoCat'.lowerAscii() == 'tacocat' && 'TacoCÆt'.upperAscii() == 'TACOCÆT'",
        "'hello hello'.replace('he', 'we', 1) == 'wello hello'",
        "'hello hello'.replace('', '_', 2) == '_h_ello hello'",
        "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'abc'.split('', 2) == ['a', 'bc'] && 'a'.split(',', 0) == []",
        "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'",
        "'  \\ttrim\\n  '.trim() == 'trim'",
        "['a', 'b'].join() == 'ab' && ['a', 'b'].join('-') == 'a-b'",
        "'gums'.reverse() == 'smug'",
        "strings.quote('a\"b\\n') == '\"a\\\\\"b\\\\n\"'",
        "'%s %d %.2f %x %b %o %e %%'.format(['a', 5, 1.5, 255, 5, 8, 1234.5]) == 'a 5 1.50 ff 101 10 1.234500e+03 %'",
        "'%s %s %s'.format([true, [1, 'x'], {'k': 2}]) == 'true [1, x] {k: 2}'",
        "string(1.0) == '1' && string(2.5) == '2.5' && string(1e100) == '1e+100' && string(true) == 'true'",
        "int('42') == 42 && int(3.9) == 3 && uint(3) == 3u && double('1.5') == 1.5 && bool('true')",
        "string(b'abc') == 'abc' && bytes('é').size() == 2",
        "timestamp('2020-02-29T12:30:00.5Z').getMilliseconds() == 500",
        "timestamp('2020-02-29T23:30:00Z').getDate('Europe/Berlin') == 1",
        "timestamp('2020-02-29T23:30:00+02:00') == timestamp('2020-02-29T21:30:00Z')",
        "timestamp('2020-01-01T00:00:00Z') + duration('1h30m') > timestamp('2020-01-01T01:00:00Z')",
        "timestamp('2020-01-02T00:00:00Z') - timestamp('2020-01-01T00:00:00Z') == duration('24h')",
        "string(duration('90m')) == '5400s' && string(timestamp(0)) == '1970-01-01T00:00:00Z'",
        "duration('1.5s').getMilliseconds() == 500 && duration('90m').getHours() == 1",
        "timestamp('2024-01-07T00:00:00Z').getDayOfWeek() == 0",
        "[1, 2, 2].isSorted() && ![2, 1].isSorted()",
        "[1, 3].sum() == 4 && [1.5, 1.5].sum() == 3.0 && [duration('1s')].sum() == duration('1s')",
        "[1, 3].min() == 1 && ['a', 'c'].max() == 'c'",
        "[1, 2, 2].indexOf(2) == 1 && [1, 2, 2].lastIndexOf(2) == 2 && [1].indexOf(9) == -1",
        "sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])",
        "'abc 123'.find('[0-9]+') == '123' && 'a1 b2'.findAll('[a-z][0-9]') == ['a1', 'b2']",
        "'a1 b2 c3'.findAll('[0-9]', 2) == ['1', '2']",
        "isURL('https://example.com:80/') && !isURL('::not::')",
        "url('https://example.com:80/a%20b?x=1&x=2').getHost() == 'example.com:80'",
        "url('https://[::1]:80/p').getHostname() == '::1' && url('https://h/a b').getEscapedPath() == '/a%20b'",
        "url('https://h/?x=1&x=2&y=').getQuery() == {'x': ['1', '2'], 'y': ['']}",
        "url('/path').getScheme() == ''",
        "isIP('10.0.0.1') && !isIP('10.0.0.256') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')",
        "ip('::1').family() == 6 && ip('127.0.0.1').isLoopback() && ip('8.8.8.8').isGlobalUnicast()",
        "ip('224.0.0.5').isLinkLocalMulticast() && ip('fe80::1').isLinkLocalUnicast()",
        "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1') && string(ip('10.0.0.1')) == '10.0.0.1'",
        "cidr('192.168.0.0/24').containsIP('192.168.0.9') && !cidr('192.168.0.0/24').containsIP(ip('10.0.0.1'))",
        "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8",
        "!isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0') && cidr('10.0.0.0/8').ip() == ip('10.0.0.0')",
        "quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('1000m') == quantity('1')",
        "quantity('50k').add(20).compareTo(quantity('50020')) == 0 && quantity('-1').sign() == -1",
        "isQuantity('1.3Gi') && !isQuantity('1.3GiB') && quantity('2k').asInteger() == 2000",
        "!quantity('50m').isInteger() && quantity('50m').asApproximateFloat() == 0.05",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))",
        "isSemver('1.0.0') && !isSemver('1.0') && isSemver('v1.0', true) && semver('1.2.3').minor() == 2",
        "!format.dns1123Label().validate('my-name').hasValue()",
        "format.dns1123Label().validate('My_Name').value().size() == 1",
        "format.named('uuid').hasValue() && !format.named('nothing').hasValue()",
        "!format.named('date').value().validate('2021-01-01').hasValue()",
        "format.qualifiedName().validate('example.com/').value() == ['name part must be non-empty']",
        "optional.ofNonZeroValue('').orValue('x') == 'x' && optional.of(1).or(optional.of(2)).value() == 1",
        "9007199254740993 > 9007199254740992.0",
    ],
)
def test_true(text):
    """Each is true."""
    assert value_of(text) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1"),
        ("'abc'.charAt(9)", "index out of range: 9"),
        ("[].min()", "min called on empty list"),
        ("ip('x')", 'IP Address "x" parse error during conversion from string: ParseAddr("x"): unable to parse IP'),
        ("quantity('50m').asInteger()", "cannot convert value to integer"),
        (
            "'%d'.format(['x'])",
            "error during formatting: decimal clause can only be used on integers, was given string",
        ),
        ("'%s'.format([])", "index 0 out of range"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('24h')", "timestamp overflow"),
        ("timestamp(0).getHours('Nowhere/Land')", "unknown time zone Nowhere/Land"),
    ],
)
def test_refused(text, message):
    """Wrong arguments are named."""
    with pytest.raises(EvaluationError) as caught:
        value_of(text)

    assert str(caught.value) == message


def test_regular_expressions_cannot_run_away():
    """A pattern that takes a backtracking engine for ever is linear here."""
    program = Environment({}).compile("('a' + 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!').matches('^(a+)+$')")

    assert program.evaluate({})[0] is False
