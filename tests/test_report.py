"""The folder of a run: complete or not there, honest in its words, readable without a network."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pandas as pd
import pytest

import synthetic
from cohesion_sim import pages, report, tables
from cohesion_sim.answer import answer
from cohesion_sim.folder import check_folder
from cohesion_sim.parameters import InputError, Provenance
from cohesion_sim.phrases import CAUTION, level, money, number

VOID = {"meta", "br", "hr", "img", "link", "input"}
FILES = {
    "report.html", "weekly.parquet", "summary.csv", "effects.csv", "people.csv", "disputes.csv", "money.csv",
    "manifest.json", "figures",
}  # fmt: skip


class Page(HTMLParser):
    """Checks that tags close, and collects text, links and languages."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
            if name in {"src", "href", "xlink:href", "srcset", "action"} and not (value or "").startswith("#"):
                self.loads.append(value or "")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text.append(data)


@pytest.fixture(scope="module")
def made():
    return synthetic.result(weeks=52, replications=6)


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    return report.write(made, tmp_path_factory.mktemp("out") / "zhazy")


@pytest.fixture
def quick(monkeypatch):
    """Leave out the pictures where only the folder matters."""
    monkeypatch.setattr(pages, "pictures", lambda *_: {})


def words_of(folder) -> str:
    return " ".join(" ".join(Page((folder / "report.html").read_text(encoding="utf-8")).text).split())


def test_every_file_is_there_and_nothing_else_beside(folder):
    assert {path.name for path in folder.iterdir()} >= FILES
    assert [path.name for path in folder.parent.iterdir()] == ["zhazy"]
    names = {path.stem for path in (folder / "figures").iterdir()}
    assert names == {"fans", "effects", "disputes", "money", "targets"}
    assert len(list((folder / "figures").iterdir())) == 2 * len(names)


def test_page_is_one_file_that_loads_nothing(folder):
    page = Page((folder / "report.html").read_text(encoding="utf-8"))
    assert page.loads == []
    assert page.attributes["lang"][0] == "en"
    assert {"ru", "ky"} & set(page.attributes["lang"])
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"@import|<script|<iframe|url\((?!#)", text)
    assert text.count("<svg") == 5
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_page_says_what_it_is(folder, made):
    words = words_of(folder)
    assert CAUTION in words
    assert "modelled on Zhazy" in words
    assert words.index(CAUTION) < words.index("The answer")
    for sentence in answer(made):
        assert " ".join(sentence.split()) in words


def test_assumptions_come_before_what_was_found(folder):
    words = words_of(folder)
    assert words.index("people.size") < words.index("economy.som_per_usd") < words.index("marriage.incentive")
    assert words.index("numbers found in sources") < words.index("marriage.incentive")
    assert "gain <of> contact" in words  # escaped, not swallowed
    assert "https://vb.kg/doc/169797" in words
    assert "Z9" not in words


def test_marks_are_visible(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert '<span class="mark A">A</span>' in text
    assert '<span class="mark M-h">M-h</span>' in text


def test_tables_read_back(folder, made):
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "weekly.parquet"), made.weekly)
    effects = pd.read_csv(folder / "effects.csv")
    assert len(effects) == len(made.effects())
    assert effects["effect"].to_numpy() == pytest.approx(made.effects()["effect"].to_numpy(), rel=1e-5)
    assert len(pd.read_csv(folder / "people.csv")) == len(made.people)


def test_manifest(folder, made):
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert found["made_by"] == "cohesion-sim"
    assert found["scenario_text"] == made.scenario.text
    assert found["scenario_sha256"] == hashlib.sha256(made.scenario.text.encode()).hexdigest()
    assert found["programmes"] == ["nothing", "project"]
    assert (found["seed"], found["weeks"], found["replications"], found["failures"]) == (1, 52, 6, 0)
    assert found["seconds"]["runs"] == 6.2
    assert found["seconds"]["report"] > 0
    assert {"numpy", "numba", "mesa"} <= set(found["versions"])


def test_same_result_same_page(folder, made, tmp_path):
    again = report.write(made, tmp_path / "again")
    for name in ("report.html", "effects.csv", "figures/fans.svg"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_existing_result_needs_force(made, tmp_path, quick):
    path = report.write(made, tmp_path / "out")
    (path / "own-note.txt").write_text("kept until replaced")
    with pytest.raises(InputError, match="--force"):
        report.write(made, path)
    assert (path / "own-note.txt").exists()
    report.write(made, path, force=True)
    assert not (path / "own-note.txt").exists()


@pytest.mark.parametrize("manifest", [None, "{}", "not json", '{"made_by": "a web page"}', "[]"])
def test_a_folder_of_others_is_never_replaced(made, tmp_path, manifest):
    other = tmp_path / "photos"
    other.mkdir()
    (other / "photo.jpg").write_bytes(b"x")
    if manifest is not None:
        (other / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match="something else"):
        report.write(made, other, force=True)
    assert (other / "photo.jpg").read_bytes() == b"x"


def test_a_file_is_never_replaced(made, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="not a folder"):
        report.write(made, tmp_path / "out", force=True)


def test_an_empty_folder_is_used(made, tmp_path, quick):
    (tmp_path / "out").mkdir()
    assert (report.write(made, tmp_path / "out") / "report.html").exists()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, OSError])
def test_interrupted_writing_leaves_the_old_result_and_nothing_else(made, tmp_path, monkeypatch, quick, kind):
    path = report.write(made, tmp_path / "out")
    before = (path / "manifest.json").read_bytes()

    def stop(*_, **__):
        raise kind

    monkeypatch.setattr(pages, "page", stop)
    with pytest.raises(kind):
        report.write(made, path, force=True)
    with pytest.raises(kind):
        report.write(made, tmp_path / "new")
    assert [found.name for found in tmp_path.iterdir()] == ["out"]
    assert (path / "manifest.json").read_bytes() == before


def test_failures_are_told(made, tmp_path):
    failures = pd.DataFrame(
        [("project", 3, "week 12", "division by <zero>")],
        columns=["programme", "replication", "stage", "message"],
    )
    weekly = made.weekly[~((made.weekly["programme"] == "project") & (made.weekly["replication"] == 3))]
    path = report.write(dataclasses.replace(made, failures=failures, weekly=weekly), tmp_path / "out")
    words = words_of(path)
    assert "division by <zero>" in words
    assert "1 of 12 runs failed" in words
    assert (path / "failures.csv").exists()


def test_a_programme_without_any_pair(made, tmp_path):
    weekly = made.weekly[made.weekly["programme"] == "nothing"]
    broken = dataclasses.replace(made, weekly=weekly)
    assert "no pair of runs was completed" in " ".join(answer(broken))
    assert (report.write(broken, tmp_path / "out") / "report.html").exists()
    nothing_at_all = dataclasses.replace(made, weekly=made.weekly[:0])
    assert (report.write(nothing_at_all, tmp_path / "none") / "report.html").exists()


def test_several_programmes_are_ranked(tmp_path):
    made = synthetic.result(
        {"project": synthetic.PROJECT, "half": {**synthetic.PROJECT, "cohesion": 0.02}, "idle": {}},
        weeks=40,
        replications=5,
    )
    path = report.write(made, tmp_path / "out")
    ranking = pd.read_csv(path / "ranking.csv")
    assert list(ranking.query("outcome == 'cohesion'")["programme"]) == ["project", "half", "idle"]
    assert {"ranking.png", "fans-half.svg", "effects-idle.png"} <= {f.name for f in (path / "figures").iterdir()}
    text = " ".join(answer(made))
    assert "By cohesion for the money: 'Project'; then 'Half'." in text
    assert "It cost nothing." in text


# What the sentences say.


def said(sentences: list[str], start: str) -> str:
    found = [sentence for sentence in sentences if sentence.startswith(start)]
    assert len(found) == 1, sentences
    return found[0]


def test_answer_tells_natural_units_and_how_often(made):
    sentence = said(answer(made), "Known disputes that ended in violence")
    rows = made.weekly[made.weekly["by"] == "all"].groupby(["programme", "replication"], observed=True)["violent"].sum()
    fewer = rows["nothing"] - rows["project"]
    assert fewer.mean() > 0
    assert sentence.startswith(
        f"Known disputes that ended in violence: about {fewer.mean():.1f} fewer a year "
        f"(of {rows['nothing'].mean():.1f} without; "
    )
    better, same, worse = (int(here.sum()) for here in (fewer > 0, fewer == 0, fewer < 0))
    assert sentence.endswith(f"Better in {better}, the same in {same}, worse in {worse} of 6 paired runs.")


def test_answer_of_an_idle_programme():
    text = " ".join(answer(synthetic.result({"idle": {}}, weeks=30, replications=4)))
    assert "not one more or fewer in any of 4 pairs of runs" in text
    assert "do not prove that there is none" in text
    assert "Nothing else changed clearly." in text
    assert "It cost nothing." in text
    assert "would most likely not see it" in text


def test_answer_names_who_lost():
    made = synthetic.result({"p": {"cohesion": 0.05}}, weeks=30, replications=5)
    hurt = (made.weekly["group"] == "women") & (made.weekly["programme"] == "p")
    made.weekly.loc[hurt, ["cohesion", "security"]] -= 0.2
    sentences = answer(made)
    assert said(sentences, "Lost in cohesion").startswith("Lost in cohesion: women (-0.1")
    harmed = next(sentence for sentence in sentences if sentence.startswith("Harm:"))
    assert "felt security, women" in harmed
    assert "chance alone" in harmed


def test_answer_of_harm_uses_the_right_words():
    text = " ".join(answer(synthetic.result({"p": {"violent": 0.5, "cohesion": -0.1}}, weeks=52, replications=6)))
    assert re.search(r"ended in violence: about [\d.]+ more a year \(of [\d.]+ without", text)
    assert "Cohesion: down by 0.10" in text
    assert "it cost nothing" in text.lower()


def test_answer_of_one_replication():
    text = " ".join(answer(synthetic.result(weeks=30, replications=1)))
    assert text.count("One pair of runs: nothing can be said about how sure this is") == 1
    assert "interval" not in text
    assert "clear" not in text
    assert "nan" not in text


def test_big_effect_is_seen_by_the_survey():
    text = " ".join(answer(synthetic.result({"p": {"trust": 0.2}}, weeks=60, replications=4)))
    assert "would see it" in text


def test_answer_is_plain_ascii_where_the_titles_are(made):
    assert all(sentence.isascii() for sentence in answer(made))


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "0"), (7.4, "7"), (412.3, "412"), (4235.3, "4,240"), (359_915, "360,000"), (-1234, "-1,230")],
)
def test_money(usd, text):
    assert money(usd) == text


def test_figures_are_sound_xml(folder):
    for path in (folder / "figures").glob("*.svg"):
        ElementTree.parse(path)


# What a mayor must not miss.


def test_short_answer_comes_first_and_caution_once(folder, made):
    sentences = answer(made)
    assert sentences[0].startswith("In short, with 'Project': about ")
    assert "for USD 18,000" in sentences[0]
    assert len(sentences) <= 13
    assert words_of(folder).count(CAUTION) == 1


def test_small_harm_to_everybody_is_told_however_small():
    text = " ".join(answer(synthetic.result({"p": {"good": -0.0004, "cohesion": 0.05}}, weeks=60, replications=20)))
    assert re.search(r"Clearly worse, though tiny: [^.]*encounters that went well", text) is None  # noise hides it
    text = " ".join(answer(synthetic.result({"p": {"good": -0.006, "cohesion": 0.05}}, weeks=60, replications=20)))
    assert re.search(r"Clearly worse, though tiny: .*encounters that went well 0\.\d+ instead of 0\.\d+", text)
    assert "Something became clearly worse too" in text


def test_compare_tells_harm_and_ranks_first():
    made = synthetic.result(
        {"good": synthetic.PROJECT, "bad": {"spending": 900.0, "security": -0.05}}, weeks=40, replications=6
    )
    sentences = answer(made)
    assert sentences[0].startswith("In short: ")
    assert "clearly worse with 'Bad'" in sentences[0]
    assert next(i for i, s in enumerate(sentences) if s.startswith("By cohesion")) < next(
        i for i, s in enumerate(sentences) if s.startswith("Good")
    )
    told = said(sentences, "Bad")
    assert re.search(r"Harm: \d+ of \d+ results by group are clearly worse", told)
    assert "the municipality pays USD 45" in told


def test_a_best_programme_that_harms_is_no_best():
    made = synthetic.result(
        {"a": {"spending": 900.0, "cohesion": -0.2}, "b": {"spending": 900.0, "cohesion": -0.1}},
        weeks=40,
        replications=6,
    )
    sentences = answer(made)
    assert "cohesion: no programme clearly helps for its money" in sentences[0]
    assert said(sentences, "By cohesion for the money").endswith("Even the first makes it clearly worse.")


def test_ranking_counts_harm_and_says_who_pays(tmp_path, quick):
    made = synthetic.result(
        {"good": synthetic.PROJECT, "bad": {"spending": 900.0, "security": -0.05}}, weeks=40, replications=6
    )
    table = pd.read_csv(report.write(made, tmp_path / "out") / "ranking.csv").query("outcome == 'cohesion'")
    by_name = table.set_index("programme")
    assert by_name.loc["bad", "clearly_worse"] >= 16
    assert by_name.loc["bad", "own"] == 45
    assert set(table["unit"]) == {"0-10"}


def test_headline_of_the_scenario_comes_first(tmp_path):
    made = synthetic.result({"p": {"blows": -0.2, "spending": 9.0}, "q": {"spending": 9.0}}, weeks=52, replications=6)
    made = dataclasses.replace(made, scenario=dataclasses.replace(made.scenario, headline=("blows", "language")))
    sentences = answer(made)
    assert [s.split(" for the money")[0] for s in sentences if s.startswith("By ")] == [
        "By youth quarrels with blows",
        "By speak the state language",
    ]
    told = said(sentences, "P (p).")
    assert told.index("Youth quarrels") < told.index("Speak the state") < told.index("Known disputes")
    path = report.write(made, tmp_path / "out")
    assert set(pd.read_csv(path / "cost.csv")["outcome"]) == {"blows", "language"}


def test_numbers_set_by_the_user_are_told(made):
    old = made.scenario.provenance["contact.gain"]
    changed = {"contact.gain": dataclasses.replace(old, value=0.2, mark="user")}
    scenario = dataclasses.replace(made.scenario, provenance={**made.scenario.provenance, **changed})
    sentence = said(answer(dataclasses.replace(made, scenario=scenario)), "Changed for this run")
    assert "contact.gain = 0.2 (share of the gap, outside the evidence range 0.001 to 0.015)" in sentence
    assert not [s for s in answer(made) if s.startswith("Changed")]


def test_page_counts_the_assumptions_and_says_what_was_tried(folder):
    words = words_of(folder)
    assert (
        "Of the 4 numbers about places, people and how they act that this run uses, 2 are assumptions and 1 " in words
    )
    assert words.index("What was tried") < words.index("With and without")
    assert "known disputes that ended in violence (a year, in the municipality)" in words


def test_nothing_shown_as_zero_is_called_clear(made):
    effects = made.effects()
    for row in tables.headline(made, effects, "project"):
        if row["verdict"] in {"better", "worse", "clear"}:
            assert row["effect"] != "0"
            assert not re.search(r"(^| )0( |$)", row["interval"]), row


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(0.944, 1, "0.944"), (10.84, 0, "10.8"), (128.3, 1, "128.3"), (-0.0001, 3, "0")]
)
def test_levels_keep_three_digits(value, digits, text):
    assert (level(value, digits) if value > 0 else number(value, digits)) == text


def test_a_list_of_numbers_with_the_same_words_is_one_row():
    number_of = Provenance(0.1, "share", "residents in each band", "fact", None, "A", "B15", "", "z.toml", 3)
    rows = tables.merged([(f"people.ages.{band}", number_of) for band in ("0-4", "5-9", "10-14")])
    assert [row["path"] for row in rows] == ["people.ages.0-4 to 10-14 (3 numbers)"]
    assert rows[0]["value"] == "0.1, 0.1, 0.1"


@pytest.mark.parametrize("where", ["file/below", "x" * 300])
def test_a_folder_that_cannot_be_made_is_refused_before_the_runs(tmp_path, where):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        check_folder(tmp_path / where)
    check_folder(tmp_path / "a" / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
