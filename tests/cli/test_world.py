"""`kiosk world` counts, says what was wrong and with which seed, and ends as a program can read it."""

import json

from typer.testing import CliRunner, Result

from kiosk.__main__ import build


def ran(*words: str) -> Result:
    return CliRunner().invoke(build(["world", *words]), ["world", *words])


def test_a_quiet_run_ends_with_0_and_whole_numbers() -> None:
    result = ran("--seeds", "1..4", "--depth", "core", "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [type(data[name]) for name in ("sessions", "faults", "violations")] == [int] * 3
    assert (data["worlds"], data["violations"], data["first_failing_seed"]) == (4, 0, None)
    assert data["faults"] == sum(data["by_fault"].values()) > 0


def test_a_broken_promise_is_told_with_its_seed_and_ends_with_3() -> None:
    result = ran("--seeds", "1..40", "--plant", "capture-the-hold", "--sessions", "3")
    assert result.exit_code == 3
    assert "seed 1: S3 captures the due: post-" in result.stdout
    assert json.loads(ran("--seeds", "1", "--plant", "capture-the-hold", "--json").stdout)["first_failing_seed"] == 1


def test_a_single_seed_tells_its_story() -> None:
    result = ran("--seeds", "5", "--trace")
    assert result.exit_code == 0
    assert "life 1 begins" in result.stdout
    assert "row event:Opened" in result.stdout
    assert ran("--seeds", "1", "--trace", "--plant", "paid-early").exit_code == 3


def test_every_plant_is_listed_with_what_it_breaks() -> None:
    result = ran("--plant", "list")
    assert result.exit_code == 0
    assert "random-key" in result.stdout
    assert len(result.stdout.splitlines()) >= 20


def test_wrong_use_ends_with_2_and_says_what_is_right() -> None:
    for words, said in (
        (["--seeds", "9..1"], "write A..B"),
        (["--seeds", "many"], "write A..B"),
        (["--seeds", "1..9", "--trace"], "--seeds N"),
        (["--plant", "gold"], "--plant list"),
        (["--depth", "sea"], "core"),
    ):
        result = ran(*words)
        assert result.exit_code == 2, words
        assert said in result.output
