"""The rules of the house that no other tool checks."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from bots.__main__ import COMMANDS, main

HOUSE = Path(__file__).parents[1]
ROOMS = ("core", "bots", "tests", "benchmarks")
LONGEST = 400
"""Lines in a file: beyond that nobody reads it in one go."""

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

FILES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
CORE = [path for path in FILES if path.is_relative_to(HOUSE / "core")]


def named(path: Path) -> str:
    """A file's name in a report."""
    return path.relative_to(HOUSE).as_posix()


def calls_within(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with its name as it is written: `asyncio.sleep`, `open`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield ast.unparse(inner.func), inner


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_introduces_itself_in_a_sentence(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    first = said.partition("\n\n")[0]
    assert re.match(r"[A-Z`\"“/]", first), "its first words say what lives here"
    assert first.rstrip().endswith((".", ":", "…")), "in a whole sentence"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_no_file_and_no_folder_has_a_name_that_says_nothing() -> None:
    names = {part.removesuffix(".py").strip("_") for path in FILES for part in path.relative_to(HOUSE).parts}
    assert names & FORBIDDEN_NAMES == set()


def test_there_is_one_broad_except_and_it_is_in_the_worker() -> None:
    broad = [
        named(path)
        for path in FILES
        if not path.is_relative_to(HOUSE / "tests")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & {ast.unparse(part) for part in _parts(node.type)})
    ]
    assert broad == ["core/worker.py"]


def _parts(kind: ast.expr) -> list[ast.expr]:
    return kind.elts if isinstance(kind, ast.Tuple) else [kind]


def test_time_is_a_parameter_in_the_core() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.sleep"}
    found = [
        f"{named(path)}:{function.lineno}: {name}"
        for path in CORE
        for function in _functions(path)
        for name, _ in calls_within(function)
        if name in clocks and not _is_itself_a_clock(function)
    ]
    assert found == [], "what needs the time is given it; a default that a caller can replace is a function of its own"


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_itself_a_clock(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Nothing but `return datetime.now(UTC)`, perhaps under a docstring."""
    steps = [
        step for step in function.body if not (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
    ]
    return len(steps) == 1 and isinstance(steps[0], ast.Return)


def test_tests_replace_nothing_inside_the_house() -> None:
    found = [
        f"{named(path)}: {name}"
        for path in FILES
        if path.is_relative_to(HOUSE / "tests")
        for name, _ in calls_within(ast.parse(path.read_text("utf-8")))
        if re.match(r"(unittest\.)?mock\.|patch(\.|$)|mocker\.", name)
    ]
    assert found == []


def test_our_folder_does_not_hide_the_library_of_the_same_name() -> None:
    library = find_spec("discord")
    assert library is not None
    assert library.origin
    location = Path(library.origin).resolve()
    assert not location.is_relative_to(HOUSE) or "site-packages" in location.parts


def test_env_example_says_what_the_settings_say() -> None:
    assert main(["settings", "--check", str(HOUSE / ".env.example")]) == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_is_there_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module, _ = COMMANDS[name]
    assert callable(import_module(module).run)
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert f"matinee {name}" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    probe = "import sys; from bots.__main__ import main; main([]); print(*sys.modules, file=sys.stdout)"
    seen = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=HOUSE)
    heavy = {"asyncio", "pydantic", "httpx", "sqlalchemy", "aiohttp", "rich", "structlog", "PIL", "discord", "telegram"}
    assert heavy & set(seen.stdout.split()) == set()


def test_every_command_in_the_readme_exists() -> None:
    text = (HOUSE / "README.md").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"^\s*(?:\$ )?make ([a-z]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"^\s*(?:\$ )?matinee ([a-z]+)", text, re.MULTILINE)) <= set(COMMANDS)


def test_every_floor_of_the_core_has_its_place_in_the_contract() -> None:
    contracts = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    placed = {name.strip() for layer in layers for name in re.split(r"[|:]", layer)}
    there = {
        path.stem if path.suffix == ".py" else path.name
        for path in (HOUSE / "core").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    assert there <= placed


def test_only_the_database_floor_speaks_one_databases_dialect() -> None:
    found = [
        named(path)
        for path in FILES
        if not path.is_relative_to(HOUSE / "tests") and not path.is_relative_to(HOUSE / "core" / "db")
        if "sqlalchemy.dialects" in path.read_text("utf-8")
    ]
    assert found == []
