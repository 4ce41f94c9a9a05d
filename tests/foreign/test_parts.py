"""A part that is missing is skipped and said on a workshop machine, and is a failure where everything has to run."""

import json
import re

import pytest

from tests.foreign import parts


def test_a_missing_part_skips_with_its_name_and_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(parts.PARTS, "nothing", lambda: None)
    monkeypatch.delenv("FOREIGN", raising=False)
    assert said(pytest.skip.Exception).startswith("nothing is not on this machine; `make test` installs it")
    monkeypatch.setenv("FOREIGN", "required")
    assert said(pytest.fail.Exception).startswith("nothing is not on this machine")


def said(kind: type[BaseException]) -> str:
    """A skip that nobody expected would skip this test too."""
    with pytest.raises((pytest.skip.Exception, pytest.fail.Exception)) as caught:
        parts.need("nothing")
    assert caught.type is kind
    return str(caught.value)


def test_the_door_of_the_house_runs_all_of_them() -> None:
    door = (parts.HERE.parents[1] / ".ci" / "run").read_text("utf-8")
    assert re.search(r"^export FOREIGN=required$", door, re.MULTILINE)


def test_the_npm_lock_is_exact_and_names_no_host() -> None:
    lock = json.loads((parts.HERE / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((parts.HERE / "package.json").read_text("utf-8"))["dependencies"]
    packages = {name.removeprefix("node_modules/"): row for name, row in lock["packages"].items() if name}
    assert {name: packages[name]["version"] for name in wanted} == wanted
    assert all(row["integrity"].startswith("sha512-") and "resolved" not in row for row in packages.values())
