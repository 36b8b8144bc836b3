"""Experiment files: every mistake with file, line and mend before anything starts; designs; what is planned."""

from __future__ import annotations

import re

import numpy as np
import pytest
from click.testing import CliRunner

import studies
from broken.study_cases import CASES, WHOLE, Case
from cohesion_sim.cli import cli
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.plan import load_experiment, plan


def call(*words: object):
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    studies.written(folder)
    return folder


def planned(folder, text: str):
    path = folder / "whole.toml"
    path.write_text(text, "utf-8")
    return plan(path)


def test_the_whole_file_is_fine(folder):
    made = planned(folder, WHOLE)
    assert made.arms == ("nothing", "project", "breaks")
    assert list(made.points.columns) == [
        "point", "scenario", "contact.generalisation", "attitudes.other_ethnicity", "project.platform.seats",
    ]  # fmt: skip
    assert len(made.points) == 3 * 2 * 3
    assert made.first == made.most == 18 * 4
    low, high = made.scenarios["village"].provenance["contact.generalisation"].range
    assert sorted(set(made.points["contact.generalisation"])) == pytest.approx([low, (low + high) / 2, high])
    assert sorted(set(made.points["project.platform.seats"])) == [10, 25, 40]
    assert made.kept_weeks(10) == [4, 8, 10]
    done = call("check", folder / "whole.toml")
    assert done.exit_code == 0, done.output
    assert "experiment: 18 points, 72 runs, programmes: project, breaks" in done.output


def test_the_smallest_file_of_the_docs(folder):
    made = planned(
        folder,
        'question = "…"\nscenarios = ["yuryevka"]\nprogrammes = ["project"]\nreplications = 12\nweeks = 26\nseed = 5\n',
    )
    assert (len(made.points), made.first, made.weeks(0)) == (1, 12, 26)
    assert list(made.points.columns) == ["point", "scenario"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_experiment(case: Case, folder) -> None:
    path = folder / "broken.toml"
    path.write_text(case.text(), "utf-8")
    with pytest.raises(InputError) as caught:
        load_experiment(path)
    messages = caught.value.messages
    here = [m for m in messages if m.startswith(f"{path}:{case.line()}:")]
    assert any(all(part in message for part in case.says) for message in here), "\n".join(messages)
    for message in messages:
        assert re.match(rf"{re.escape(str(path))}:\d+: \S", message), message
        assert "\n" not in message
        assert re.search(r"[Ww]rite|[Rr]emove|Name |Add |lists all|Correct|Change", message), f"no mend: {message}"


def test_several_mistakes_in_one_pass_and_nothing_is_written(folder, tmp_path):
    text = WHOLE.replace('"range"', "3").replace("[0.4, 0.5]", "[0.4, 2]").replace('"cohesion"', '"cohesio"')
    path = folder / "broken.toml"
    path.write_text(text, "utf-8")
    for words in (("check", path), ("study", "plan", path), ("study", "run", path, "--out", tmp_path / "out")):
        done = call(*words)
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 3, done.stderr
        assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("design", "points"), [("latin_hypercube", 8), ("sobol", 8), ("morris", 8 * 4), ("saltelli", 8 * 5)]
)
def test_sampled_designs_stay_inside_and_are_the_same_again(folder, design, points):
    text = WHOLE.replace('"grid"', f'"{design}"')
    first, again = planned(folder, text).points, planned(folder, text).points
    assert first.equals(again)
    assert len(first) == points
    assert first["project.platform.seats"].dtype.kind == "i"
    assert first["project.platform.seats"].between(10, 40).all()
    assert set(first["attitudes.other_ethnicity"]) == {0.4, 0.5}
    if design != "morris":
        assert len(set(first["contact.generalisation"])) > 4
    other = planned(folder, text.replace("weeks = 8", "weeks = 8\nseed = 2")).points
    assert not first.equals(other)


def test_what_has_one_value_is_no_number_to_sample(folder):
    text = (
        WHOLE.replace('design = "grid"', 'design = "morris"')
        .replace("[0.4, 0.5]", "[0.4]")
        .replace("points = 8", "points = 4")
    )
    made = planned(folder, text)
    assert len(made.points) == 4 * (2 + 1)
    assert set(made.points["attitudes.other_ethnicity"]) == {0.4}


def test_a_range_on_a_scale_of_logarithms(folder):
    text = WHOLE.replace('"range"', '{ low = 0.01, high = 0.25, scale = "log" }').replace("points = 8", "levels = 3")
    values = sorted(set(planned(folder, text).points["contact.generalisation"]))
    assert values == pytest.approx([0.01, 0.05, 0.25])


def test_parts_are_the_runs_in_order_and_do_not_depend_on_where_they_begin(folder):
    made = planned(folder, WHOLE)
    now = made.first_round()
    runs = [run for number in now.numbers for run in now.part(number).runs]
    assert [run.number for run in runs] == list(range(made.first))
    assert [(run.point, run.replication) for run in runs] == [(k // 4, k % 4) for k in range(made.first)]
    points = np.array([2, 5])
    later = made.round(points, np.array([4, 4]), np.array([6, 9]), made.first, now.numbers.stop)
    told = [(r.number, r.point, r.replication) for n in later.numbers for r in later.part(n).runs]
    assert told == [(72 + k, *pair) for k, pair in enumerate([(2, 4), (2, 5), *((5, r) for r in range(4, 9))])]
    assert later.numbers.start == now.numbers.stop


def test_plan_tells_what_it_takes_and_writes_nothing(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("study", "plan", folder / "asked.toml", "--workers", 2)
    assert done.exit_code == 0, done.output
    for part in ("points       3 (grid)", "runs         18, each with 2 programmes", "time ", "disk ", "memory "):
        assert part in done.stdout
    assert list(tmp_path.iterdir()) == []
