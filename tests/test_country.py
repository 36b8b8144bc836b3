"""A country: drawn as the file says, paired, resumed after any death, told without a map."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from cohesion_sim import files
from cohesion_sim.cli import cli
from cohesion_sim.country_design import starts
from cohesion_sim.country_report import write_country
from cohesion_sim.parameters import InputError
from cohesion_sim.studies.country import places as drawing
from cohesion_sim.studies.country import run as running
from cohesion_sim.studies.country import tables
from cohesion_sim.studies.country.load import CLOSE, ethnic_shares, load_country
from cohesion_sim.studies.country.parts import beside
from cohesion_sim.studies.country.places import Loaded, Place, places, scenario_of
from cohesion_sim.studies.country.run import CountryResult, country
from countries import written


@pytest.fixture(scope="module")
def real() -> tuple[Loaded, list[Place]]:
    """Return the country that comes with the package, and its municipalities."""
    loaded = load_country("country")
    return loaded, places(loaded)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> CountryResult:
    """Return the small country, computed undisturbed in this process."""
    folder = tmp_path_factory.mktemp("country")
    return country(written(folder), folder / "out", workers=0)


def bytes_of(result: CountryResult) -> bytes:
    return (result.municipalities.to_csv(index=False) + result.months.to_csv(index=False)).encode()


# ------------------------------------------------------------------------------- what is drawn


def test_the_country_is_as_large_as_its_census(real):
    loaded, every = real
    assert len(every) == 452
    assert len({place.district for place in every}) == 40
    assert abs(sum(place.residents for place in every) - 4_528_000) < 500
    assert [place.number for place in every] == list(range(452))
    for name, region in loaded.design.regions.items():
        own = [place for place in every if place.region == name]
        assert abs(sum(place.residents for place in own) - region.people) < 200
        assert pd.Series([p.district for p in own]).value_counts().to_dict() == dict(region.districts)
        assert sum(place.tense for place in own) == round(region.tense * len(own))
        for kind, share in region.types.items():
            assert abs(sum(place.type == kind for place in own) - share * len(own)) < 1
        for ethnicity, share in region.ethnicities.items():
            assert abs(ethnic_shares(loaded, own)[ethnicity] - share) < CLOSE


def test_municipalities_differ_and_make_scenarios(real):
    loaded, every = real
    limits = loaded.design.country
    sizes = np.array([place.residents for place in every])
    assert limits.smallest <= sizes.min() < 1_500
    assert 25_000 < sizes.max() <= limits.largest
    for place in every[::30]:
        made = scenario_of(loaded, place)
        assert made.people.size == place.residents
        assert sum(community.share for community in made.communities.values()) == pytest.approx(1, abs=1e-6)
        base = loaded.scenario(place.type, tense=place.tense)
        low, high = base.provenance["institutions.trust"].range
        assert low <= made.institutions.trust <= high
    assert scenario_of(loaded, every[0]).roles.council in (11, 21, 31)


def test_national_shocks_come_in_their_week_where_they_belong(real):
    loaded, every = real
    batken = next(place for place in every if place.region == "batken")
    naryn = next(place for place in every if place.region == "naryn")
    here, there = scenario_of(loaded, batken).shocks, scenario_of(loaded, naryn).shocks
    assert {"national_election", "national_drought", "national_border"} <= set(here)
    assert "national_election" in there
    assert "national_border" not in there
    assert here["national_border"].week == 60
    assert here["national_border"].chance == 0


def test_the_rollout_goes_district_by_district(real):
    loaded, _ = real
    begin = starts(loaded.design)
    assert [name for name, week in begin.items() if week == 4] == ["Moskva", "Ysyk-Ata", "Nookat", "Uzgen"]
    assert sorted(set(begin.values())) == list(range(4, 44, 4))


def test_fitting_meets_the_targets_and_keeps_the_odds():
    table = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    weights = np.array([1.0, 2.0, 1.0])
    found = drawing.fitted(table, weights, np.array([0.6, 0.2, np.nan]))
    assert found.sum(axis=1) == pytest.approx([1, 1, 1])
    assert weights / 4 @ found == pytest.approx([0.6, 0.2, 0.2])
    odds = (found[:, 0] / found[:, 1]) / (table[:, 0] / table[:, 1])
    assert odds == pytest.approx([odds[0]] * 3)


# ------------------------------------------------------------------------------- mistakes


def test_every_mistake_at_once_with_its_line(tmp_path):
    path = written(
        tmp_path,
        ('scenario = "yuryevka"', 'scenario = "yurievka"'),
        ('order = ["Lower", "Upper"]', 'order = ["Lower", "Uper"]'),
        ("many = { value = 0.6", "many = { value = 0.5"),
        ('regions = ["plain"]', 'regions = ["plane"]'),
        ('number = "institutions.trust"', 'number = "institutions.thrust"'),
        ("[shocks.drought]", "[shocks.drowt]"),
        ("Broad =", "Upper ="),
    )
    with pytest.raises(InputError) as caught:
        load_country(path)
    told = "\n".join(caught.value.messages)
    lines = path.read_text("utf-8").splitlines()
    for words, at in (
        ("did you mean 'yuryevka'?", 'scenario = "yurievka"'),
        ("unknown district 'Uper' (did you mean 'Upper'?)", "order = "),
        ("the shares of the types add up to 0.9, not 1. Add 0.1", "[regions.hills.types]"),
        ("unknown region 'plane' (did you mean 'plain'?)", "regions = "),
        ("has no number 'institutions.thrust' (did you mean 'institutions.trust'?)", "number = "),
        ("scenario 'zhazy' has no shock 'drowt' (did you mean 'drought'?)", "[shocks.drowt]"),
        ("'Upper' is already a district of region 'hills'", "Upper ="),
    ):
        line = next(k for k, text in enumerate(lines, 1) if text.startswith(at))
        if at == "Upper =":
            line = max(k for k, text in enumerate(lines, 1) if text.startswith(at))
        assert re.search(rf":{line}: [^\n]*{re.escape(words)}", told), (words, told)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kyrgyz = { value = 0.7", "dungan = { value = 0.7", "cannot be met with these types; they give 0"),
        ("{ value = 2400, range = [2000, 3000]", "{ value = 9400, range = [2000, 30000]", "do not fit"),
        ("every = 4", "every = 14", "the last wave begins in week 18, with fewer than 13 of 26 weeks left"),
        ('programme = "dialogue_only"', 'programme = "dialog_only"', "did you mean 'dialogue_only'?"),
        ('headline = ["violent", "cohesion"]', 'headline = ["spending"]', "neither more nor less is better"),
        ("week = { value = 10, range = [0, 25]", "week = { value = 26, range = [0, 30]", "after the end of the run"),
        ("rest = false", "rest = false\nspeed = 3", "unknown name 'speed'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(tmp_path, old, new, words):
    with pytest.raises(InputError) as caught:
        load_country(written(tmp_path, (old, new)))
    assert words in "\n".join(caught.value.messages)


# ------------------------------------------------------------------------------- what comes out


def test_pairs_are_one_until_the_district_begins(done):
    rows, months = done.municipalities, done.months
    assert list(rows["number"]) == list(range(8))
    never = rows[rows["district"] == "Broad"]
    assert (never["start"] == -1).all()
    for name in ("violent", "cohesion", "attitude"):
        assert never[f"{name} with"].to_list() == never[f"{name} without"].to_list()
    assert (never["usd"] == 0).all()
    first = months[months["month"] == 1]
    assert first["cohesion with"].item() == first["cohesion without"].item()
    last = months.iloc[-1]
    assert last["cohesion with"] > last["cohesion without"]
    assert months["spending with"].sum() == pytest.approx(rows["usd"].sum())
    assert months["begun"].iloc[-1] == pytest.approx(
        rows.loc[rows["start"] >= 0, "residents"].sum() / rows["residents"].sum()
    )


def test_a_municipality_is_what_a_run_of_its_scenario_gives(done):
    from cohesion_sim import municipality
    from cohesion_sim.model import CohesionModel

    place = done.places[1]
    scenario = scenario_of(done.loaded, place)
    model = CohesionModel(scenario, "nothing", rng=place.seed, weeks=26, start=municipality.build(scenario, place.seed))
    model.run_model()
    weekly = model.record.frame().query("by == 'all'").set_index("week")
    row = done.municipalities.set_index("number").loc[place.number]
    window = weekly.loc[place.start + 1 :]
    assert row["cohesion without"] == pytest.approx(window["cohesion"].tail(13).mean())
    years = len(window) / 52 * place.residents / 1000
    assert row["violent without"] == pytest.approx(window["violent"].sum() / years)


def test_one_region_alone_is_the_same_as_in_the_whole(done, tmp_path):
    alone = country(written(tmp_path), tmp_path / "out", regions=["plain"], workers=0)
    whole = done.municipalities[done.municipalities["region"] == "plain"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.municipalities, whole)
    with pytest.raises(InputError, match="did you mean 'plain'"):
        country(written(tmp_path), tmp_path / "other", regions=["plian"], workers=0)


def test_killed_it_ends_with_the_same_bytes(done, tmp_path):
    path, out = written(tmp_path), tmp_path / "out"
    call = [sys.executable, "-m", "cohesion_sim", "country", str(path), "--out", str(out), "--workers", "0"]
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list((beside(out) / "parts").glob("*.json"))) < 3:
        time.sleep(0.005)
    process.kill()
    process.wait()
    kept = len(list((beside(out) / "parts").glob("*.json")))
    assert 3 <= kept < 8
    again = country(path, out, workers=2)
    assert again.done_before == kept
    assert bytes_of(again) == bytes_of(done)


def test_what_fails_is_told_and_the_rest_goes_on(done, tmp_path, monkeypatch):
    def live(loaded: Loaded, place: Place) -> dict[str, object]:
        if place.number == 2:
            raise ArithmeticError("no such luck")
        return real_live(loaded, place)

    real_live = running.live
    monkeypatch.setattr(running, "live", live)
    path, out = written(tmp_path), tmp_path / "out"
    result = country(path, out, workers=0)
    assert result.failures.to_dict("records") == [
        {"number": 2, "district": "Upper", "message": "ArithmeticError: no such luck"}
    ]
    assert list(result.municipalities["number"]) == [0, 1, 3, 4, 5, 6, 7]
    monkeypatch.undo()
    assert bytes_of(country(path, out, workers=0)) == bytes_of(done)  # the one that failed is tried again


def test_a_full_disk_stops_with_words_and_what_is_done_is_kept(done, tmp_path, monkeypatch):
    path, out = written(tmp_path), tmp_path / "out"
    real_fsync, calls = os.fsync, []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 8:  # of the fourth file: each is made safe with its folder
            raise OSError(errno.ENOSPC, "No space left on device")
        real_fsync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(InputError, match=r"No space left on device.* Make room, and give the same command again"):
        country(path, out, workers=0)
    monkeypatch.undo()
    assert 0 < len(list((beside(out) / "parts").glob("*"))) < 8
    assert bytes_of(country(path, out, workers=0)) == bytes_of(done)


def test_a_folder_holds_one_country(done, tmp_path):
    path, out = written(tmp_path), tmp_path / "out"
    country(path, out, regions=["plain"], workers=0)
    with pytest.raises(InputError, match="another country was begun there"):
        country(path, out, workers=0)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(InputError, match="holds something else"):
        country(path, tmp_path / "mine", workers=0, force=True)
    write_country(country(path, out, workers=0, force=True), out)
    assert not beside(out).exists()
    with pytest.raises(InputError, match="a result is already there"):
        country(path, out, workers=0)


# ------------------------------------------------------------------------------- what is said of it


def table_of(gains: list[float], residents: list[int], usd: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": range(len(gains)), "region": "r", "district": "d", "type": "t", "tense": False, "start": 4,
            "residents": residents, "diversity": np.linspace(0, 1, len(gains)), "segregation": 0.5, "usd": usd,
            "violent without": 2.0, "violent with": 2.0 - np.array(gains),
        }
    )  # fmt: skip


def test_gains_are_sums_over_people_and_money():
    rows = table_of([1.0, 0.0, 0.5], [1000, 3000, 2000], [10_000, 20_000, 10_000])
    (found,) = tables.effects(rows, ["violent"]).to_dict("records")
    assert found["gain"] == pytest.approx((1.0 * 1 + 0 * 3 + 0.5 * 2) / 6)  # fewer, so for the better
    assert found["worth"] == pytest.approx(2 / 40)
    # The interval of a mean when all weigh the same.
    equal = table_of([1.0, 0.0, 0.5, 0.9], [1000] * 4, [1000.0] * 4)
    (found,) = tables.effects(equal, ["violent"]).to_dict("records")
    reach = 3.182446 * np.std([1.0, 0.0, 0.5, 0.9], ddof=1) / 2
    assert (found["low"], found["high"]) == pytest.approx((0.6 - reach, 0.6 + reach), rel=1e-5)
    assert np.isnan(tables.effects(rows.head(2), ["violent"])["low"].item())


def test_intervals_cover_in_nineteen_of_twenty_countries():
    # 400 countries of 25 municipalities that differ in size, gain and luck; 4 SE of a share of 0.95.
    luck = np.random.default_rng(2)
    hit = 0
    for _ in range(400):
        residents = np.exp(luck.normal(9, 0.6, 25)).astype(int)
        rows = table_of(list(0.3 + luck.normal(0, 0.5, 25)), list(residents), [18_000.0] * 25)
        (found,) = tables.effects(rows, ["violent"]).to_dict("records")
        hit += found["low"] <= 0.3 <= found["high"]
    assert abs(hit / 400 - 0.94) < 4 * np.sqrt(0.94 * 0.06 / 400)


def test_kinds_that_do_not_differ_are_not_told_apart():
    luck = np.random.default_rng(4)
    alike = table_of(list(luck.normal(0.3, 0.3, 90)), [8000] * 90, [18_000.0] * 90)
    assert tables.apart(tables.kinds(alike, ["violent"]), "violent") == []
    mixed = alike.assign(**{"violent with": alike["violent with"] - alike["diversity"]})
    found = tables.apart(tables.kinds(mixed, ["violent"]), "violent")
    assert ("diversity", "most mixed third", "most alike third") in found


def test_the_verb_prints_the_answer_and_leaves_a_page(tmp_path):
    path, out = written(tmp_path), tmp_path / "out"
    call = ["country", str(path), "--out", str(out), "--workers", "0"]
    finished = CliRunner().invoke(cli, call)
    assert finished.exit_code == 0, finished.output
    assert finished.output.startswith("In 5 municipalities with 4,200 residents the programme costs ")
    assert "not a prediction" in finished.output
    page = (out / "report.html").read_text("utf-8")
    for words in ("A small country: where it pays", "Where it pays", "District by district", "Month by month", "Lower"):
        assert words in page
    assert not re.search(r'(src|href)="https?://', page.split("<h2>Sources")[0])
    rows = pd.read_csv(out / "municipalities.csv")
    assert len(rows) == 8
    assert set(pd.read_csv(out / "districts.csv")["district"]) == {"Upper", "Lower"}
    told = json.loads((out / "manifest.json").read_text("utf-8"))
    assert told["made_by"] == "cohesion-sim"
    assert told["municipalities"] == 8
    assert not beside(out).exists()
    refused = CliRunner().invoke(cli, call)
    assert refused.exit_code == 2
    assert "a result is already there" in refused.stderr


def test_the_country_is_found_by_name_and_its_parts_are_scenarios():
    beside = files.shipped("experiments")
    assert set(files.load_scenario(beside / "country" / "national_shocks.toml").shocks) >= {"election", "border"}
