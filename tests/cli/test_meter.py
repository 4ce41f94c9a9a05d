"""`kiosk meter` at a toy: what it says about a meter that is not proven."""

from tests.cli.running import kiosk, serving


def test_an_experimental_meter_is_read_and_said_to_be_one() -> None:
    with serving("sim", "meter", "--port", 0, "--profile", "orno-we-514") as (said,):
        url = said.split()[3].rstrip(",")
        read = kiosk("meter", "read", "--profile", "orno-we-514", "--url", url, "--json")
        watched = kiosk("meter", "watch", "--profile", "orno-we-514", "--url", url, "--count", 2)
        proven = kiosk("meter", "read", "--profile", "orno-we-516", "--url", url)
    sentence = "The profile orno-we-514 is experimental: it counts export as import, and it tells no serial number"
    assert (read.code, read.json["serial"]) == (0, None)
    assert read.err.startswith(sentence)
    assert (watched.code, watched.err.count(sentence), watched.out.count(" Wh ")) == (0, 1, 2)
    assert "experimental" not in proven.err
