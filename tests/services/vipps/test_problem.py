"""Every shape in which somebody says no is read, and none of them raises."""

import json

import pytest

from kiosk.services.vipps.problem import LONGEST_BODY, read_problem

PROBLEM = {
    "type": "https://developer.vippsmobilepay.com/docs/knowledge-base/errors",
    "title": "Bad Request",
    "detail": "Capture amount too high",
    "status": 400,
    "traceId": "00-616e415f5af7584eb4d9369d0fe8d7cc-48b90041faff204c-00",
    "extraDetails": [{"name": "ErrorCode", "reason": "6090"}],
}

# fmt: off
SHAPES = [
    # body                                                            code     title                detail
    (PROBLEM,                                                         "6090",  "Bad Request",       "Capture amount too high"),
    ({**PROBLEM, "status": "400"},                                    "6090",  "Bad Request",       "Capture amount too high"),
    ({**PROBLEM, "extraDetails": [{"name": "errorcode", "reason": 6090}]}, "6090", "Bad Request",   "Capture amount too high"),
    ({**PROBLEM, "extraDetails": None},                               "",      "Bad Request",       "Capture amount too high"),
    ({"title": "Invalid", "extraDetails": [{"name": "amount", "reason": "must be an integer"}]}, "", "Invalid", "amount: must be an integer"),
    ({"title": "Invalid", "detail": "BadRequest", "instance": "00-1", "invalidParams": [{"name": "RedirectUrl", "reason": "no match"}]}, "", "Invalid", "BadRequest; RedirectUrl: no match"),
    ({"id": "station-1"},                                             "",      "id station-1 exists already", ""),
    ({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, "", "Access denied due to invalid subscription key.", ""),
    ({"error": "invalid_client", "error_description": "AADSTS7000215", "error_codes": [7000215], "trace_id": "t"}, "", "invalid_client", "AADSTS7000215"),
    ({"error": {"code": "Gone", "message": "no such host"}},          "Gone",  "no such host",      ""),
    ("just a text",                                                   "",      "just a text",       ""),
    ({"message": "only a message"},                                   "",      "only a message",    ""),
    ({"errors": ["first", "second"]},                                 "",      "first",             "second"),
    ({"errors": {"amount.value": ["too low", "odd"]}},                "",      "amount.value: too low, odd", ""),
    ({"ResponseInfo": {"ResponseCode": 404, "ResponseMessage": "not there"}}, "404", "not there",   ""),
    ({"errorInfo": {"errorCode": "35", "errorMessage": "order failed"}}, "35", "order failed",      ""),
    ([{"errorCode": "41", "errorMessage": "no user"}, {"errorMessage": "twice"}], "41", "no user",  "twice"),
    (["one", "two"],                                                  "",      "one",               "two"),
    ({},                                                              "",      "Bad Request",       ""),
    ([],                                                              "",      "Bad Request",       ""),
    (None,                                                            "",      "Bad Request",       ""),
    (17,                                                              "",      "Bad Request",       ""),
]
# fmt: on


@pytest.mark.parametrize(("shape", "code", "title", "detail"), SHAPES)
def test_a_json_shape_gives_its_code_and_its_words(shape: object, code: str, title: str, detail: str) -> None:
    found = read_problem(400, json.dumps(shape).encode())

    assert (found.code, found.title, found.detail) == (code, title, detail)
    assert found.status == 400
    assert found.body == json.dumps(shape)


def test_the_trace_id_is_found_under_all_its_names() -> None:
    for name in ("traceId", "trace_id", "instance", "correlation_id"):
        assert read_problem(400, json.dumps({name: "00-7"}).encode()).trace == "00-7"
    assert read_problem(400, json.dumps({"instance": "i", "traceId": "t"}).encode()).trace == "t"


def test_a_page_of_html_gives_its_title_and_its_words_without_the_scripts() -> None:
    page = (
        b"<html><head><title>502 Bad\n Gateway</title><script>var x</script></head><body><h1>nginx</h1></body></html>"
    )

    found = read_problem(502, page)

    assert (found.title, found.detail) == ("502 Bad Gateway", "nginx")
    assert "nginx" in found.body


@pytest.mark.parametrize("body", [b"", b"   ", b"\xff\xfe\x00\x80", b"\x00" * 50, b"[" * 100_000, b'{"a":' * 50_000])
def test_rubbish_is_never_an_exception(body: bytes) -> None:
    assert str(read_problem(503, body)).startswith("503 ")


def test_json_that_was_cut_off_keeps_what_came() -> None:
    found = read_problem(500, b'{"title":"Internal","detail":"the da')

    assert "the da" in found.title
    assert found.body == '{"title":"Internal","detail":"the da'


def test_a_long_body_is_kept_in_part_and_its_secrets_are_covered_before_the_cut() -> None:
    text = "x" * (LONGEST_BODY - 5) + "SECRETSECRET"

    found = read_problem(500, text.encode(), lambda said: said.replace("SECRETSECRET", "***"))

    assert len(found.body) <= LONGEST_BODY
    assert "SEC" not in found.body


def test_an_unknown_status_still_has_a_sentence() -> None:
    assert str(read_problem(599, b"")) == "599 no text"


def test_a_byte_order_mark_does_not_hide_the_code() -> None:
    assert read_problem(400, b"\xef\xbb\xbf" + json.dumps(PROBLEM).encode()).code == "6090"
