"""What we agreed on, as tests. Each one first makes sure that it looked at something."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KIOSK = ROOT / "kiosk"
LONGEST_MODULE_LINES = 300  # a ratchet: it only ever goes down
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "base", "misc"}
TIME_AND_CHANCE = re.compile(
    r"^(time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|sleep)|(datetime\.)*(datetime|date)\.(now|utcnow|today)"
    r"|random\..*|secrets\..*|uuid\.uuid[14]|os\.urandom)$"
)


def modules(*rooms: str) -> dict[str, ast.Module]:
    """The modules that have something to say, by their path in the repository."""
    folders = [KIOSK / room for room in rooms] or [KIOSK]
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(text) for path in paths if (text := path.read_text())}


def every_text() -> Iterator[tuple[str, str]]:
    """The files of the repository that people wrote, with what stands in them."""
    tops = ["kiosk", "tests", "resources", "packaging", "benchmarks", "docs", ".ci"]
    paths = (
        [path for top in tops for path in sorted((ROOT / top).rglob("*"))]
        + sorted(ROOT.glob("*.*"))
        + [ROOT / "Makefile"]
    )
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            try:
                yield str(path.relative_to(ROOT)), path.read_text()
            except UnicodeDecodeError:
                continue


def test_the_scan_sees_the_house() -> None:
    assert {"kiosk/domain/money.py", "kiosk/flow/ports.py", "kiosk/printing/label.py"} <= modules().keys()
    assert len(modules("domain")) > 10
    assert {"Makefile", ".ci/run", "pyproject.toml", "requirements.lock", "tests/test_house.py"} <= dict(
        every_text()
    ).keys()


def test_the_first_line_of_a_module_says_what_it_is_for() -> None:
    silent = [path for path, tree in modules().items() if not ast.get_docstring(tree) or tree.body[0].lineno != 1]
    assert silent == []


def test_no_module_has_outgrown_its_house() -> None:
    long = {path: n for path in modules() if (n := len((ROOT / path).read_text().splitlines())) > LONGEST_MODULE_LINES}
    assert long == {}, "split by what they are about"


def test_no_name_says_nothing() -> None:
    names = {Path(path).stem for path in modules()} | {part for path in modules() for part in Path(path).parts}
    assert "money" in names
    assert names & EMPTY_NAMES == set()
    classes = [node.name for tree in modules().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert "Money" in classes
    assert [name for name in classes if re.search(r"(Util|Helper|Manager|Common|Base)s?$|^Base", name)] == []


def test_no_task_is_started_without_an_owner() -> None:
    slots = [path for path in modules() if "asyncSlot" in (ROOT / path).read_text()]
    assert slots == [], "asyncSlot starts a task that nobody owns; emit an intent and let the TaskScope act on it"


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def reached(tree: ast.Module) -> set[str]:
    """Every dotted name that a module uses or imports: `time.time`, `uuid.uuid4`."""
    uses = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    return uses | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}


def test_time_and_chance_are_handed_in_where_money_is_decided() -> None:
    planted = ast.parse(
        "import time\nfrom uuid import uuid4\nfrom datetime import datetime\ntime.time()\ndatetime.now()"
    )
    assert {name for name in reached(planted) if TIME_AND_CHANCE.match(name)} == {
        "time.time",
        "uuid.uuid4",
        "datetime.now",
    }
    found = {
        f"{path}: {name}"
        for path, tree in modules("domain", "flow", "journal").items()
        for name in reached(tree)
        if TIME_AND_CHANCE.match(name)
    }
    assert found == set(), "take it from the Clock port, or derive it with uuid5"


def floats_that_are_no_seconds(tree: ast.Module) -> list[int]:
    """Lines with a float, a float( or a true division, except where the name of the whole says that it is seconds."""
    lines: list[int] = []

    def walk(node: ast.AST, seconds: bool) -> None:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.keyword(arg=str(name)):
                seconds = name.lower().endswith("_s")
            case ast.AnnAssign(target=target) | ast.Assign(targets=[target]):
                seconds = seconds or dotted(target).lower().endswith("_s")
            case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")) | ast.BinOp(op=ast.Div()):
                if not seconds:
                    lines.append(getattr(node, "lineno", 0))
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            walk(child, seconds)

    walk(tree, seconds=False)
    return lines


def test_a_float_is_seconds_and_never_money() -> None:
    planted = ast.parse(
        "price = 4.9\nWAIT_S = 2.5\nprice = float(x)\ndef left_s():\n    return 1 / 2\nf(a / b, wait_s=1.5)"
    )
    assert floats_that_are_no_seconds(planted) == [1, 3, 6]
    found = {
        path: lines for path, tree in modules("domain", "flow").items() if (lines := floats_that_are_no_seconds(tree))
    }
    assert found == {}, "count in whole minor units, Wh and W; a float may only be seconds, in a name that ends in _s"


def test_the_ground_stands_on_the_standard_library_alone() -> None:
    allowed = {
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "itertools",
        "math",
    }
    allowed |= {"hashlib", "json", "re", "typing", "uuid", "zlib", "zoneinfo"}
    roots = set()
    for tree in modules("domain").values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                roots.add((node.module or "").removeprefix("kiosk.").split(".")[0])
            elif isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
    assert "dataclasses" in roots
    assert roots - {"domain"} <= allowed, "the ground knows no clock, no I/O, no asyncio and no logging"


def rooms() -> list[str]:
    """Every folder of the house with a module in it that says something."""
    return sorted({str(Path(path).parent.relative_to("kiosk")) for path in modules()} - {"."})


@pytest.mark.parametrize("room", rooms())
def test_every_room_has_its_tests_beside_it(room: str) -> None:
    folder = ROOT / "tests" / room
    beside = [*folder.glob("test_*.py"), folder.with_name(f"test_{folder.name}.py")]
    assert any(path.exists() for path in beside), f"write tests/{room}/test_*.py"


def test_no_path_of_a_machine_and_no_package_index_is_written_down() -> None:
    machine = re.compile(r"(?<![\w.$}])/(?:home|root|work|Users)/\w")
    index = re.compile(r"(?:--)?(?:extra-)?index-url|find-links *[=/]|https?://[^\s\"']*/simple\b", re.IGNORECASE)
    assert machine.search("cd /" + "work/main")
    assert index.search("https://host/" + "simple/")
    here = f"tests/{Path(__file__).name}"
    bad = [path for path, text in every_text() if path != here and (machine.search(text) or index.search(text))]
    assert bad == []


def test_the_lock_names_exact_versions_and_nothing_else() -> None:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 50
    exact = re.compile(r'[a-z0-9-]+==[0-9][0-9a-z.]*(; python_version < "3\.12")?')
    assert [line for line in lines if not exact.fullmatch(line)] == []


def test_the_lock_has_everything_that_the_project_asks_for() -> None:
    lock = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["build-system"]["requires"] + project["project"]["dependencies"]
    asked += project["project"]["optional-dependencies"]["dev"]
    names = {re.split(r"[^\w-]", text)[0].lower() for text in asked}
    assert "pyside6-essentials" in names
    assert names - lock == set()


def test_every_decision_is_told_in_the_same_four_parts() -> None:
    papers = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(paper.name[:4]) for paper in papers] == list(range(1, len(papers) + 1))
    assert len(papers) >= 7
    for paper in papers:
        headings = re.findall(r"^\*\*(.+?)\.\*\*", paper.read_text(), re.MULTILINE)
        assert headings == ["Decision", "Why", "Dropped", "Consequences"], paper.name


PLANTS = {
    "kiosk/attic/roof.py": '"""A room that nobody gave a place."""\n',
    "kiosk/services/attic.py": '"""A service that nobody gave a place."""\n',
    "kiosk/domain/plant.py": "import kiosk.words\nimport sqlite3\n",
    "kiosk/flow/plant.py": "import httpx\nimport kiosk.services.modbus\nimport PySide6.QtCore\n",
    "kiosk/sim/plant.py": "import kiosk.services.vipps\n",
    "kiosk/services/vipps/plant.py": "import pymodbus\nimport kiosk.services.modbus\n",
    "kiosk/services/meter/plant.py": "import pymodbus\nimport kiosk.services.charger\n",
    "kiosk/ui/plant/props.py": "import qasync\n",
}
COMPLAINTS = [
    "- kiosk.attic",
    "- kiosk.services.attic",
    "kiosk.domain is not allowed to import kiosk.words",
    "kiosk.domain.plant -> sqlite3",
    "kiosk.flow.plant -> httpx",
    "kiosk.flow.plant -> PySide6",
    "kiosk.flow is not allowed to import kiosk.services",
    "kiosk.sim is not allowed to import kiosk.services",
    "kiosk.services.vipps.plant -> pymodbus",
    "kiosk.services.vipps is not allowed to import kiosk.services.modbus",
    "kiosk.services.meter.plant -> pymodbus",
    "kiosk.services.meter is not allowed to import kiosk.services.charger",
    "kiosk.ui.plant.props is not allowed to import qasync",
]


def test_the_import_contract_notices_every_planted_wrong(tmp_path: Path) -> None:
    shutil.copytree(KIOSK, tmp_path / "kiosk", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, text in PLANTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(text)
        (tmp_path / path).with_name("__init__.py").touch()
    command: list[str | Path] = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert [complaint for complaint in COMPLAINTS if complaint not in run.stdout] == [], run.stdout
