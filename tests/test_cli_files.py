"""The verbs over files: check, scenarios, kinds, parameters, new."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cohesion_sim.cli import cli
from cohesion_sim.files import builtin_scenarios, load_scenario


def ask(*words: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_check_tells_every_mistake_of_every_file(tmp_path: Path) -> None:
    assert ask("new", tmp_path / "one").exit_code == 0
    text = (tmp_path / "one.toml").read_text(encoding="utf-8")
    (tmp_path / "two.toml").write_text(
        text.replace("6000", "12").replace("seats = 30", "seets = 30", 1), encoding="utf-8"
    )
    (tmp_path / "three.toml").write_text("a = = 1\n", encoding="utf-8")
    result = ask(
        "check", tmp_path / "two.toml", tmp_path / "one.toml", tmp_path / "three.toml", tmp_path / "four.toml"
    )
    assert result.exit_code == 2
    assert result.stdout.count("\n") == 1
    assert "one.toml: fine" in result.stdout
    lines = result.stderr.strip().split("\n")
    for number, (file, says) in enumerate(
        [
            ("two", "people.size: 12 is below"),
            ("two", "did you mean 'seats'?"),
            ("three", "neither a number"),
            ("four", "no such file"),
        ]
    ):
        assert any(file in line and says in line for line in lines), (number, lines)


def test_check_of_good_files_ends_with_0() -> None:
    result = ask("check", *builtin_scenarios())
    assert result.exit_code == 0
    assert result.stderr == ""
    assert ask("check").exit_code == 2


def test_scenarios_lists_the_built_in_ones() -> None:
    lines = ask("scenarios").stdout.strip().split("\n")
    assert [line.split()[0] for line in lines] == builtin_scenarios()
    assert "12000 people" in lines[builtin_scenarios().index("zhazy")]


def test_kinds_tell_units_and_meanings(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("kinds", "--format", "csv").stdout)))
    seats = next(row for row in rows if (row["kind"], row["field"]) == ("dialogue_platform", "seats"))
    assert seats == {"kind": "dialogue_platform", "field": "seats", "what": "choice", "unit": "people",
                     "limits": "0 to 500", "meaning": "invited to each session"}  # fmt: skip
    assert all(row["meaning"] for row in rows)
    topic = next(row for row in rows if (row["kind"], row["field"]) == ("training", "topic"))
    assert "mediation" in topic["limits"]
    (tmp_path / "shocks").mkdir()
    (tmp_path / "shocks" / "flood.py").write_text(
        "from dataclasses import dataclass\nfrom typing import Annotated\n"
        "from cohesion_sim.parameters import Fact\n@dataclass(frozen=True, kw_only=True)\n"
        "class Flood:\n    depth: Annotated[float, Fact('m', 0, 5, 'of water')]\n"
        "    def act(self, week, people, draws): ...\n",
        encoding="utf-8",
    )
    assert "flood" in ask("kinds", "--beside", tmp_path / "mine.toml").stdout
    assert "flood" not in ask("kinds").stdout


def test_parameters_as_csv_say_everything() -> None:
    """A spreadsheet needs ends of ranges as numbers, sources in words, and where a number stands."""
    scenario = load_scenario("zhazy")
    rows = list(csv.DictReader(io.StringIO(ask("parameters", "zhazy", "--format", "csv").stdout)))
    by_name = {row["name"]: row for row in rows}
    size = by_name["people.size"]
    assert [size[key] for key in ("value", "range", "low", "high", "limits", "source", "file", "line")] == [
        "12000",
        "8000 to 18000",
        "8000",
        "18000",
        "200 to 2000000",
        "B15",
        "scenarios/zhazy.toml",
        str(scenario.provenance["people.size"].line),
    ]
    assert by_name["people.size"]["source_text"] == scenario.sources["B15"]
    assert by_name["people.ages.65+"]["limits"] == "0 to 1"
    assert by_name["programmes.project.interventions.platform.seats"]["limits"] == "0 to 500"
    assert all(row["limits"] and row["file"] and row["line"] for row in rows)
    assert "source_text" not in ask("parameters", "zhazy").stdout


def test_parameters_of_a_scenario_in_three_forms() -> None:
    scenario = load_scenario("yuryevka")
    rows = list(csv.DictReader(io.StringIO(ask("parameters", "yuryevka", "--format", "csv").stdout)))
    assert {row["name"] for row in rows} == set(scenario.provenance)
    size = next(row for row in rows if row["name"] == "people.size")
    assert [size[k] for k in ("value", "unit", "range", "mark", "source")] == [
        "4205",
        "people",
        "3800 to 5000",
        "F",
        "B6",
    ]
    markdown = ask("parameters", "yuryevka", "--format", "markdown").stdout.strip().split("\n")
    assert len(markdown) == len(rows) + 2
    assert len({line.replace("\\|", "").count("|") for line in markdown}) == 1
    table = ask("parameters", "yuryevka").stdout.strip().split("\n")
    assert len(table) == len(rows) + 1
    assert len(ask("parameters").stdout.strip().split("\n")) > 100
    wrong = ask("parameters", "yuryevkaa")
    assert wrong.exit_code == 2
    assert "did you mean 'yuryevka'?" in wrong.stderr


@pytest.mark.parametrize("name", ["my_village", "my-village.toml"])
def test_new_passes_check_and_never_overwrites(tmp_path: Path, name: str) -> None:
    path = tmp_path / (name if name.endswith(".toml") else f"{name}.toml")
    assert ask("new", tmp_path / name).exit_code == 0
    assert ask("check", path).exit_code == 0
    assert load_scenario(path).title["en"] == path.stem
    path.write_text("mine", encoding="utf-8")
    again = ask("new", tmp_path / name)
    assert again.exit_code == 2
    assert "this file exists" in again.stderr
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "says"),
    [("zhazy", "built in"), ("my village", "no good name"), ("nowhere/mine", "folder that exists")],
)
def test_new_refuses_names(tmp_path: Path, name: str, says: str) -> None:
    result = ask("new", tmp_path / name)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not list(tmp_path.rglob("*.toml"))


def test_new_says_why_it_cannot_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Path.open

    def locked(path: Path, mode: str = "r", *rest: Any, **words: Any) -> Any:
        if mode == "x":
            raise PermissionError(13, "Permission denied")
        return usual(path, mode, *rest, **words)

    monkeypatch.setattr(Path, "open", locked)
    result = ask("new", tmp_path / "mine")
    assert result.exit_code == 2
    assert f"You may not write into the folder {tmp_path.resolve()}" in result.stderr


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cohesion_sim", *words],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_module_runs_and_writes_utf8_whatever_the_console() -> None:
    result = command("parameters", "zhazy", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert result.returncode == 0
    assert "Özgön" not in result.stderr.decode()
    result.stdout.decode("utf-8")
    broken = command("check", "жазы", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert broken.returncode == 2
    assert "жазы: no such file" in broken.stderr.decode("utf-8")
    assert b"Traceback" not in broken.stderr


def test_help_imports_nothing_heavy() -> None:
    """The measure is what is imported; the time is only checked roughly, since machines differ."""
    code = (
        "import sys, cohesion_sim.cli as c\n"
        "try: c.cli(['--help'])\nexcept SystemExit: pass\n"
        "heavy = ('numpy', 'numba', 'pandas', 'scipy', 'mesa', 'matplotlib', 'pydantic')\n"
        "print([module for module in heavy if module in sys.modules])"
    )
    started = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.decode().strip().endswith("[]")
    assert time.perf_counter() - started < 4
