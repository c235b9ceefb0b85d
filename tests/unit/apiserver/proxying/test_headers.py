"""Headers of passed requests and answers."""

from bouvier.apiserver.proxying import headers


def test_what_proves_the_caller_stays_here() -> None:
    """Credentials, impersonation and the console's session are not passed on; everything else is."""
    given = [
        ("host", "h"),
        ("authorization", "Bearer x"),
        ("impersonate-user", "u"),
        ("cookie", "a=1; bouvier_session=secret; b=2"),
        ("connection", "keep-alive, x-own"),
        ("x-own", "1"),
        ("accept", "*/*"),
        ("sec-websocket-protocol", "v1, base64url.bearer.authorization.k8s.io.abc"),
        ("x-forwarded-for", "1.1.1.1"),
    ]
    passed = headers.inward(given, upgrade="", forwarded={"X-Forwarded-For": "2.2.2.2"}, body=b"", method="GET")
    assert passed == [
        ("host", "h"),
        ("cookie", "a=1; b=2"),
        ("accept", "*/*"),
        ("sec-websocket-protocol", "v1"),
        ("X-Forwarded-For", "1.1.1.1, 2.2.2.2"),
        ("Connection", "close"),
    ]
    assert headers.has_session(given)


def test_answers() -> None:
    """What concerns the connection behind is dropped; repeated headers are kept."""
    given = [("Connection", "close"), ("Set-Cookie", "a"), ("Set-Cookie", "b"), ("Access-Control-Allow-Origin", "*")]
    assert headers.as_mapping(headers.outward(given)) == {"Set-Cookie": "a\r\nSet-Cookie: b"}
