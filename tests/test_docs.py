"""What the README and the docs say is true: examples run, commands work, links lead somewhere, versions agree."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import cohesion_sim
from cohesion_sim import builtin_scenarios, load_scenario
from cohesion_sim.parameters import InputError
from cohesion_sim.toml_lines import read_toml

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = [*PAGES, ROOT / "CITATION.cff", ROOT / "pyproject.toml", ROOT / "LICENSE"]
STUDIES = ("run", "compare")  # trial and power have their own tests
SMALLER = ["--replications", "2", "--weeks", "8", "--set", "people.size=900", "--workers", "1"]
"""Added to studies, so that the page's own commands take seconds."""
SMALL_STUDY = """question = "Does the page's command work?"
scenarios = ["yuryevka"]
replications = 2
weeks = 4
[vary]
"people.size" = [500]
"""


def fences(page: Path) -> Iterator[tuple[int, str, str]]:
    """Yield line, language and text of every fenced block of a page."""
    language, begin, lines = None, 0, []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if line.startswith("```"):
            if language is None:
                language, begin, lines = line[3:].strip(), number, []
            else:
                yield begin, language, "\n".join(lines) + "\n"
                language = None
        elif language is not None:
            lines.append(line)
    assert language is None, f"{page.name}: the block of line {begin} has no end"


def commands(page: Path) -> list[str]:
    """Return every command line of this package in the plain blocks of a page, without what goes before ``&&``."""
    found = []
    for _, language, text in fences(page):
        for line in text.splitlines() if language in {"", "sh", "console"} else ():
            command = re.sub(r"\s+#.*", "", line.rpartition("&&")[2]).strip()
            if re.match(r"(cohesion-sim|python -m cohesion_sim) [a-z]", command):
                found.append(command)
    return found


def words_of(command: str) -> list[str]:
    """Return the words of a command after the program's name, made smaller where it is a study."""
    words = shlex.split(re.sub(r"^(cohesion-sim|python -m cohesion_sim)\s+", "", command))
    if words[0] in STUDIES:
        words += SMALLER
    if words[0] == "portfolio":
        words += ["--set", "people.size=900"]
    if words[0] == "replay":
        words += ["--villages", "2"]
    return words


def call(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what the command line says when started as a program of its own, in a folder."""
    # The very package under test, from a clone or installed.
    package = str(Path(cohesion_sim.__file__).parents[1])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", "cohesion_sim", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


@pytest.mark.filterwarnings("default")  # what other packages announce is not a mistake of the page
@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_every_python_example_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    ran = 0
    for line, language, text in fences(ROOT / page):
        if language != "python":
            continue
        if "mesa.batchrunner" in text and importlib.util.find_spec("mesa.batchrunner") is None:
            continue  # Mesa 4, as the page says
        # Line numbers in a traceback are those of the page.
        exec(compile("\n" * line + text, str(ROOT / page), "exec"), names)
        ran += 1
    assert ran


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    found = commands(ROOT / "README.md")
    verbs = {words_of(command)[0] for command in found}
    assert verbs >= {"run", "compare", "new", "check", "parameters", "scenarios"}
    (tmp_path / "small.toml").write_text(SMALL_STUDY, "utf-8")
    for command in found:
        words = words_of(command)
        if words[0] == "workshop":
            continue  # it would wait for viewers; test_workshop_server starts it
        if words[:2] == ["study", "run"]:
            words[2] = "small.toml"
        done = call(words, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, command
    assert (tmp_path / "my_village.toml").is_file()
    # The main command leaves the folder that the README names, with the report in it.
    named = re.search(r"`(out/[\w-]+)`", (ROOT / "README.md").read_text("utf-8"))
    assert named is not None
    assert (tmp_path / named[1] / "report.html").is_file()
    assert (tmp_path / named[1] / "manifest.json").is_file()


def test_the_readme_gives_exactly_two_commands_that_set_everything_up() -> None:
    lines = [
        line.strip()
        for _, language, text in fences(ROOT / "README.md")
        if language in {"", "sh", "console"}
        for line in text.splitlines()
        if "pip install" in line
    ]
    assert lines == [
        "python -m pip install . && python -m cohesion_sim run zhazy",
        'python -m pip install ".[test]" && python -m pytest',
    ]
    screen = (ROOT / "README.md").read_text("utf-8").splitlines()[:34]
    assert lines[0] in screen
    assert lines[1] in screen
    picture = next(match for line in screen if (match := re.search(r"!\[.+\]\((\S+\.png)\)", line)))
    assert (ROOT / picture[1]).stat().st_size < 150_000


@pytest.mark.parametrize(
    "command",
    [
        command
        for page in ("cli", "portfolio", "scenario-files", "trials")
        for command in commands(ROOT / "docs" / f"{page}.md")
    ],
)
def test_the_options_named_in_the_docs_exist(command: str) -> None:
    from cohesion_sim.cli import cli

    words = words_of(command)
    if words[0].isupper() or "…" in command:
        pytest.skip("a pattern, not a command")
    verb = cli.commands[words[0]]
    if isinstance(verb, click.Group):
        verb = verb.commands[words[1]]
    known = {option for parameter in verb.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual Markdown viewers make them."""
    headings = re.findall(r"(?m)^#+\s+(.+?)\s*$", page.read_text("utf-8"))
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "") for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text("utf-8"))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_source_key_is_known(page: Path) -> None:
    known = set(read_toml((ROOT / "scenarios" / "sources.toml").read_text("utf-8")).data)
    text = re.sub(r"(?ms)^```.*?^```|`[^`]*`", "", page.read_text("utf-8"))
    keys = {
        key for group in re.findall(r"\[([A-E]\d+\w?(?:, ?[A-E]\d+\w?)*)\]", text) for key in re.split(", ?", group)
    }
    keys |= set(re.findall(r"\b([A-Z]{4,}\d\d)\b", text))
    # E1, E2 … name rows of the table of trials, not sources.
    assert {key for key in keys if not key.startswith("E")} <= known


def test_the_toml_examples_are_toml_and_complete_ones_load(tmp_path: Path) -> None:
    texts = [text for _, language, text in fences(ROOT / "docs" / "scenario-files.md") if language == "toml"]
    assert texts
    for number, text in enumerate(texts):
        # Alternatives of one line stand below one another: each is read by itself.
        heads = re.findall(r"(?m)^(\w+)\s*=", text)
        for part in text.splitlines() if len(heads) != len(set(heads)) else [text]:
            data = tomllib.loads(part)
            if data.keys() & {"title", "people", "communities"}:
                example = tmp_path / f"example_{number}.toml"
                example.write_text(text, "utf-8")
                load_scenario(example)
            elif "contact" in data or "sources" in data:
                # A piece of a file: it must fit into one that extends a built-in scenario.
                example = tmp_path / f"piece_{number}.toml"
                example.write_text('extends = "yuryevka"\ntitle = { en = "an example" }\n\n' + part, "utf-8")
                load_scenario(example)


def test_the_kind_shown_in_the_docs_works_beside_a_scenario(tmp_path: Path) -> None:
    text = next(t for _, _, t in fences(ROOT / "docs" / "scenario-files.md") if t.startswith("# interventions/"))
    kind = tmp_path / text.splitlines()[0].removeprefix("# ")
    kind.parent.mkdir()
    kind.write_text(text, "utf-8")
    scenario = tmp_path / "village.toml"
    scenario.write_text(
        'extends = "yuryevka"\n[programmes.tea]\ntitle = { en = "tea" }\n[programmes.tea.interventions.house]\n'
        f'kind = "{kind.stem}"\nstart = 2\nrent = 20\n'
        'guests = { value = 0.2, range = [0.1, 0.3], mark = "A", source = "own" }\n',
        "utf-8",
    )
    assert load_scenario(scenario).programmes["tea"].interventions["house"].rent == 20
    scenario.write_text(scenario.read_text("utf-8").replace("rent = 20", "rent = 2000"), "utf-8")
    with pytest.raises(InputError, match="rent"):
        load_scenario(scenario)


def test_the_readme_names_what_is_built_in() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    used = {word for command in commands(ROOT / "README.md") for word in shlex.split(command)}
    named = used & {"zhazy", "yuryevka", "gulistan", "aleksandrovka"}
    assert named <= set(builtin_scenarios())
    for name in re.findall(r"--programmes? (\S+)", text):
        assert set(name.strip("`").split(",")) <= set(load_scenario("zhazy").programmes)


def test_the_api_page_lists_exactly_the_public_names() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8").split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`(\w+)", row)}
    assert listed == set(cohesion_sim.__all__)


BANNED = {
    "a path of one machine": r"(?<![\w.])/(?:work|tmp|home|root|opt|Users)/|[A-Z]:\\\\Users",
    "a package host": r"pypi\.|pythonhosted|files\.python|artifactory|simple/|index-url",
    "how it was made": r"\b(?:AI|A\.I\.|LLMs?|GPT\w*|Claude|Anthropic|Copilot|chatbot)\b|"
    r"\b(?:language model|AI agents?|coding agents?|helpers?|prompted|this session|our session|sessions? of work)\b",
}


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_nothing_is_said_of_machines_and_making(page: Path) -> None:
    text = page.read_text("utf-8")
    found = {what: match[0] for what, pattern in BANNED.items() if (match := re.search(pattern, text))}
    assert not found


def test_the_words_that_must_be_careful_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8").lower()
    for words in ("modelled on", "not a prediction", "published effect sizes", "assumption"):
        assert words in text


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = re.search(r"(?m)^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"))
    newest = re.search(r"(?m)^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    assert citation is not None
    assert newest is not None
    assert project["version"] == cohesion_sim.__version__ == citation[1].strip('"') == newest[1]


def test_the_readme_asks_for_the_python_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / "README.md").read_text("utf-8")
    assert f"Python {project['requires-python'].removeprefix('>=')} or later" in text


def rooms() -> dict[str, tuple[int, int]]:
    """Return row and place in it of every room in the table of layers; within a row, left of an arrow is higher."""
    table = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## Layers")[1].split("\n## ")[0]
    found = {}
    for row, names in re.findall(r"(?m)^\| (\d) [^|]*\| ([^|]+) \|", table):
        for place, group in enumerate(reversed(names.split("←"))):
            for name in re.findall(r"`([\w/]+)`", group):
                for room in [name] if row != "5" else [name.removeprefix("studies/")]:
                    found[room.strip("/")] = (int(row), place)
    return found


def imported(file: Path) -> set[str]:
    """Return the modules of this package that a file imports when it runs, as names with dots."""
    tree = ast.parse(file.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in typing_only and node.module:
            top, _, rest = node.module.partition(".")
            if top == "cohesion_sim":
                found |= {rest} if rest else {alias.name for alias in node.names}
    return found


def room_of(module: str, known: dict[str, tuple[int, int]]) -> str:
    """Return the room of a module: its own name, or the folder it stands in."""
    first, _, rest = module.partition(".")
    rest = rest.split(".")[0]
    return rest if first == "studies" and rest in known else first


def test_the_layers_are_those_of_the_architecture_page() -> None:
    known = rooms()
    package = ROOT / "src" / "cohesion_sim"
    wrong = []
    for file in package.rglob("*.py"):
        module = ".".join(file.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        if module in {"__init__", "studies"}:
            continue
        room = room_of(module, known)
        assert room in known, f"{module} is missing in docs/architecture.md"
        for other in imported(file):
            target = room_of(other, known)
            if target in {room, "studies"}:
                continue
            if known[target] > known[room]:
                wrong.append(f"{module} imports {other}")
    assert not wrong


def test_only_the_model_imports_mesa() -> None:
    found = [
        file.stem
        for file in (ROOT / "src" / "cohesion_sim").rglob("*.py")
        if re.search(r"(?m)^\s*(?:import|from) mesa\b", file.read_text("utf-8"))
    ]
    assert found == ["model"]


def test_the_count_of_assumptions_in_the_readme() -> None:
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    told = re.search(r"Of the (\d+) numbers of `zhazy` that are not plans, (\d+) carry an A and (\d+) an F", text)
    assert told is not None
    marks = [number.mark for number in load_scenario("zhazy").provenance.values() if number.mark is not None]
    assert tuple(map(int, told.groups())) == (len(marks), marks.count("A"), marks.count("F"))
