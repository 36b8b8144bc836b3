"""Films of the workshop: what is shown is what the model says, week by week; sides differ only where they may."""

from __future__ import annotations

import dataclasses
import gzip
import json
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohesion_sim import files
from cohesion_sim.measures import MEASURES
from cohesion_sim.model import CohesionModel
from cohesion_sim.parameters import InputError
from cohesion_sim.population import attitude_to_others
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies import execute
from cohesion_sim.workshop import digest, film, heading, layout, replay, villages
from cohesion_sim.workshop import shelf as shelf_module
from cohesion_sim.workshop.checkpoint import Checkpoint
from cohesion_sim.workshop.choices import Asked, Since, controls, made, read, shocks_of
from cohesion_sim.workshop.encode import QUICK, as_bits, as_changes, decode, encode, from_changes
from cohesion_sim.workshop.film import Twin
from cohesion_sim.workshop.person import person
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.workroom import whole

SMALL = """
extends = "yuryevka"
weeks = 30
title = { en = "A small place" }

[people]
size = { value = 700, range = [700, 700], unit = "people", mark = "A", source = "own" }
"""
WEEKS, PEOPLE = 30, 700


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    path = tmp_path_factory.mktemp("shelf") / "hamlet.toml"
    path.write_text(SMALL, "utf-8")
    return Shelf(path)


def twin_of(shelf: Shelf, **body: Any) -> Twin:
    scenario, programme = made(read({"programme": "project", **body}, shelf), shelf)
    return film.film(scenario, programme, body.get("seed", 1))


@pytest.fixture(scope="module")
def twin(shelf: Shelf) -> Twin:
    return twin_of(shelf)


def bytes_of(twin: Twin, asked: Asked | None = None) -> bytes:
    return encode(heading.heading(twin, asked), film.planes(twin), QUICK)


# ------------------------------------------------------------------------------- equal to the model
def test_frames_are_the_models_own_numbers_week_by_week(twin: Twin) -> None:
    scenario = files.load_scenario("yuryevka", {"people.size": PEOPLE, "weeks": WEEKS})
    _, planes = decode(bytes_of(twin))
    shown = from_changes(planes["att.without"], planes["att.with"])
    for side, arm, programme in ((0, "without", "nothing"), (1, "with", "project")):
        model = CohesionModel(scenario, programme, rng=execute.replication_seed(1, 0))
        people = model.start.people
        bits = planes["met.without"] ^ (planes["met.with"] if side else 0)
        met = np.unpackbits(bits, axis=1)[:, :WEEKS].astype(bool)
        for week in range(WEEKS + 1):
            exact = attitude_to_others(model.state.attitude, people.community, model.start.out_weights)
            asked = model.start.asked
            assert np.array_equal(shown[side][week][asked], np.rint(exact * np.float32(100)).astype(np.uint8)[asked])
            assert (shown[side][week][~asked] == film.NOT_ASKED).all()
            if week:
                assert np.array_equal(met[:, week - 1], model.state.met > 0)
            if week < WEEKS:
                model.step()
        table = model.record.table()[:, 0].T.astype(np.float32)
        assert np.array_equal(planes[f"series.{arm}"][:, 1:], table, equal_nan=True)


def test_series_and_money_are_those_of_run(twin: Twin) -> None:
    result = execute.run(
        "yuryevka", programmes="project", weeks=WEEKS, replications=1, sets={"people.size": PEOPLE}, workers=1
    )
    _, planes = decode(bytes_of(twin))
    whole_place = result.weekly[result.weekly["by"] == "all"]
    for arm, programme in (("without", "nothing"), ("with", "project")):
        rows = whole_place[whole_place["programme"] == programme]
        for k, name in enumerate(MEASURES):
            expected = rows[name].to_numpy(np.float32)
            assert np.array_equal(planes[f"series.{arm}"][k, 1:], expected, equal_nan=True), name
    spent = sum(line["usd"] for line in heading.heading(twin)["money"]["lines"])
    assert spent == pytest.approx(result.money[result.money["programme"] == "project"]["usd"].sum())
    assert planes["money.weekly"].sum() == pytest.approx(spent)


def test_survey_is_that_of_run(twin: Twin) -> None:
    result = execute.run(
        "yuryevka", programmes="project", weeks=WEEKS, replications=1, sets={"people.size": PEOPLE}, workers=1
    )
    told = {row["measure"]: row for row in heading.heading(twin)["survey"]["all"]}
    for row in result.survey.itertuples(index=False):
        assert told[row.measure]["difference"] == pytest.approx(row.difference, abs=5e-5)


def test_events_are_the_counts_of_the_record(twin: Twin) -> None:
    names = {
        "disputes": film.AROSE, "settled": film.SETTLED, "violent": film.VIOLENT, "unresolved": film.DROPPED,
        "group_fights": film.GROUP_FIGHT, "gatherings": film.GATHERING, "blows": film.BLOWS,
    }  # fmt: skip
    for arm in (twin.without, twin.with_):
        for name, what in names.items():
            here = arm.events["week"][arm.events["what"] == what]
            counted = np.bincount(here, minlength=WEEKS + 1)[1:]
            assert np.array_equal(counted, arm.series[list(MEASURES).index(name), 1:].astype(int)), name
        assert (arm.events["a"] != arm.events["b"]).all()
        assert arm.events["a"].max() < PEOPLE
    assert len(twin.without.events["week"]) > 5


def test_dispute_parties_come_before_their_ending(twin: Twin) -> None:
    events = twin.without.events
    opened = {
        (int(a), int(b), int(kind))
        for a, b, kind, what in zip(events["a"], events["b"], events["kind"], events["what"], strict=True)
        if what == film.AROSE
    }
    ended = [
        (int(a), int(b), int(kind))
        for a, b, kind, what in zip(events["a"], events["b"], events["kind"], events["what"], strict=True)
        if what in (film.SETTLED, film.VIOLENT, film.DROPPED)
    ]
    assert ended
    assert all(one in opened for one in ended)


def test_looking_on_changes_nothing(twin: Twin, same_bytes: Any) -> None:
    one, other = (CohesionModel(twin.scenario, "project", rng=twin.start.seed, start=None) for _ in range(2))
    one.run_model()
    while other.running:
        other.step()
        _ = [film.seen(label, done) for label, done in other.done], other.state.docket.log.sum()
    assert same_bytes(one, other) == []


def test_sessions_name_those_who_took_part(twin: Twin) -> None:
    people = np.unique(np.concatenate([rows for *_, rows in twin.with_.sessions]))
    took_part = np.flatnonzero(twin.with_.final["attended"])
    assert np.isin(took_part, people).all()
    assert all(label.startswith("shock/") for _, label, _ in twin.without.sessions)
    assert twin.with_.sessions[0][0] == 5  # the platform starts in week 4 counted from 0


# ------------------------------------------------------------------------------- what may differ
def test_switched_off_both_sides_are_byte_equal(shelf: Shelf) -> None:
    off = twin_of(shelf, off=True)
    header, planes = decode(bytes_of(off))
    assert not planes["att.with"].any()
    assert not planes["met.with"].any()
    for name in [name for name in planes if ".without" in name and name[:3] not in ("att", "met")]:
        assert planes[name].tobytes() == planes[name.replace(".without", ".with")].tobytes(), name
    assert header["off"]
    assert header["money"]["lines"] == []


def test_a_control_moved_in_a_week_changes_only_the_right_side_after_it(shelf: Shelf, twin: Twin) -> None:
    moved = twin_of(shelf, choices={"platform.seats": 90, "platform.every": 1}, from_week=12)
    assert np.array_equal(moved.without.attitude, twin.without.attitude)
    assert np.array_equal(moved.with_.attitude[:13], twin.with_.attitude[:13])
    assert not np.array_equal(moved.with_.attitude[13:], twin.with_.attitude[13:])
    later = [week for week, label, _ in moved.with_.sessions if label == "platform"]
    before = [week for week, label, _ in twin.with_.sessions if label == "platform" and week > 12]
    assert len([week for week in later if week > 12]) > len(before)
    assert [week for week in later if week <= 12] == [5, 9]


def test_changes_keep_their_own_weeks(shelf: Shelf) -> None:
    both = twin_of(
        shelf, earlier=[{"from_week": 6, "choices": {"platform.seats": 60}}],
        choices={"platform.seats": 60, "platform.every": 2}, from_week=20,
    )  # fmt: skip
    first = twin_of(shelf, choices={"platform.seats": 60}, from_week=6)
    assert np.array_equal(both.with_.attitude[:21], first.with_.attitude[:21])
    assert not np.array_equal(both.with_.attitude, first.with_.attitude)


def test_shocks_that_lie_ready_change_nothing_and_asked_for_change_both_sides(shelf: Shelf, twin: Twin) -> None:
    plain = files.load_scenario("yuryevka", {"people.size": PEOPLE, "weeks": WEEKS})
    assert len(twin.scenario.shocks) > len(plain.shocks)
    model = CohesionModel(plain, rng=twin.start.seed)
    model.run_model()
    assert np.array_equal(model.record.table()[:, 0].T.astype(np.float32), twin.without.series[:, 1:], equal_nan=True)
    asked = twin_of(shelf, shocks={"rumour": {"on": True, "week": 15}, "drought": {"on": False, "week": 3}})
    for arm, before in ((asked.without, twin.without), (asked.with_, twin.with_)):
        assert np.array_equal(arm.attitude[:15], before.attitude[:15])
        assert not np.array_equal(arm.attitude[15], before.attitude[15])
        assert (15, "shock/what_if_rumour") in [(week, label) for week, label, _ in arm.sessions]
    told = {one["key"]: one for one in heading.heading(asked, None)["shocks"]}
    assert told["rumour"] == {"key": "rumour", "week": 15, "on": True}
    assert not told["drought"]["on"]


@pytest.mark.parametrize("kind", ["rumour", "drought", "migrants_return", "youth_brawl", "election"])
def test_every_shock_on_offer_does_something(shelf: Shelf, twin: Twin, kind: str) -> None:
    scenario, _ = made(read({"shocks": {kind: {"on": True, "week": 10}}}, shelf), shelf)
    arm = film.live(scenario, Programme(name="nothing"), twin.start)
    assert not np.array_equal(arm.series[:, 10:], twin.without.series[:, 10:], equal_nan=True)


# ------------------------------------------------------------------------------- checkpoints
def same_arm(one: film.Arm, other: film.Arm) -> None:
    """Check that two arms are the same in every byte."""
    assert pickle.dumps([getattr(one, name) for name in ARM]) == pickle.dumps([getattr(other, name) for name in ARM])


ARM = ("attitude", "met", "series", "events", "sessions", "money", "groups", "final")


@pytest.mark.parametrize("week", [1, 12, 29, 30])
def test_what_goes_on_from_a_checkpoint_is_what_is_run_from_the_first_week(shelf: Shelf, twin: Twin, week: int) -> None:
    taken: list[Checkpoint] = []
    body = {"programme": "project", "from_week": week}
    scenario, first = made(read({**body, "choices": {"platform.seats": 60}}, shelf), shelf)
    arm = film.live(scenario, first, twin.start, marks={week: taken.append})
    same_arm(arm, film.live(scenario, first, twin.start))  # taking it disturbs nothing
    scenario, second = made(read({**body, "choices": {"platform.seats": 90, "platform.every": 1}}, shelf), shelf)
    whole_run = film.live(scenario, second, twin.start)
    for _ in range(2):  # and a checkpoint can be gone on from more than once
        same_arm(film.live(scenario, second, twin.start, since=taken[0]), whole_run)


@pytest.mark.parametrize("name", ["zhazy", "gulistan"])
def test_checkpoints_hold_in_every_season_and_under_shocks(name: str, tmp_path: Path) -> None:
    path = tmp_path / "place.toml"
    path.write_text(SMALL.replace('"yuryevka"', f'"{name}"').replace("weeks = 30", "weeks = 60"), "utf-8")
    shelf = Shelf(path)
    shocks = {"rumour": {"on": True, "week": 9}, "migrants_return": {"on": True, "week": 40}}
    asked = read({"shocks": shocks}, shelf)
    scenario, programme = made(asked, shelf)
    start = film.place(scenario, 3)
    taken: dict[int, Checkpoint] = {}
    marks = {week: partial(taken.__setitem__, week) for week in range(5, 60, 7)}
    whole_run = film.live(scenario, programme, start, marks=marks)
    assert len(taken) == 8
    for checkpoint in taken.values():
        same_arm(film.live(scenario, programme, start, since=checkpoint), whole_run)


# ------------------------------------------------------------------------------- bytes
@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_bytes_come_back_as_they_went(weeks: int, n: int, seed: int) -> None:
    draw = np.random.Generator(np.random.PCG64(seed))
    sides = [draw.integers(0, 256, (weeks + 1, n)).astype(np.uint8) for _ in range(2)]
    met = [draw.random((weeks, n)) < 0.5 for _ in range(2)]
    planes = [*zip(("att.without", "att.with"), as_changes(*sides), strict=True)]
    planes += zip(("met.without", "met.with"), as_bits(*met), strict=True)
    planes += [("f", draw.random(n).astype(np.float32)), ("w", draw.integers(0, 9, n).astype(np.uint32))]
    header, found = decode(encode({"weeks": weeks, "title": {"ky": "Жазы ң ө ү ʻ"}}, planes))
    assert header == {"weeks": weeks, "title": {"ky": "Жазы ң ө ү ʻ"}}
    for name, plane in planes:
        assert found[name].dtype == plane.dtype
        assert np.array_equal(found[name], plane), name
    for shown, side in zip(from_changes(found["att.without"], found["att.with"]), sides, strict=True):
        assert np.array_equal(shown, side)
    bits = (found["met.without"], found["met.without"] ^ found["met.with"])
    for packed, side in zip(bits, met, strict=True):
        assert np.array_equal(np.unpackbits(packed, axis=1)[:, :weeks].T.astype(bool), side)


def test_the_format_is_as_described(twin: Twin) -> None:
    data = bytes_of(twin)
    assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # no name, no time, no system
    raw = gzip.decompress(data)
    assert raw[:4] == b"COHS"
    size = int.from_bytes(raw[4:8], "little")
    assert size % 8 == 0
    header = json.loads(raw[8 : 8 + size])
    assert raw[8 : 8 + size].startswith(b'{"assumptions":')
    for plane in header["planes"]:
        assert plane["offset"] % 8 == 0
    shapes = {plane["name"]: (plane["dtype"], *plane["shape"]) for plane in header["planes"]}
    quarters = len(header["quarters"])
    assert shapes["att.without"] == shapes["att.with"] == ("u8", PEOPLE, WEEKS + 1)
    assert shapes["met.with"] == ("u8", PEOPLE, 4)
    assert shapes["bundle"] == ("u32", quarters, quarters)
    assert shapes["series.with"] == ("f32", len(MEASURES), WEEKS + 1)
    assert [one["name"] for one in header["measures"]] == list(MEASURES)


def test_made_twice_a_film_is_the_same_in_every_byte(shelf: Shelf, twin: Twin) -> None:
    asked = read({"programme": "project"}, shelf)
    again = twin_of(shelf)
    assert whole(twin, asked, [])[1] == whole(again, asked, [])[1]


OTHERS = sorted(Path("~/.pyenv/versions").expanduser().glob("3.1[23]*/bin/python"))


@pytest.mark.parametrize("python", OTHERS, ids=lambda path: path.parts[-3])
def test_other_pythons_pack_the_same_bytes(python: Path, twin: Twin, tmp_path: Path) -> None:
    data = encode(heading.heading(twin), film.planes(twin))
    (tmp_path / "raw").write_bytes(gzip.decompress(data))
    code = (
        "import sys, zlib; raw = open(sys.argv[1], 'rb').read();"
        "p = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FILTERED);"
        "sys.stdout.buffer.write(p.compress(raw) + p.flush())"
    )
    done = subprocess.run([python, "-c", code, str(tmp_path / "raw")], capture_output=True, check=True)
    assert done.stdout == data[10:-8]


# ------------------------------------------------------------------------------- the map
@pytest.mark.parametrize("name", ["yuryevka", "gulistan", "zhazy"])
def test_everybody_stands_in_the_own_quarter_and_quarters_do_not_overlap(
    name: str, municipality_of: Any, scenario_of: Any
) -> None:
    sets = {"people.size": 1500}
    people = municipality_of(name, sets).people
    found = layout.layout(scenario_of(name, sets), people)
    rects = np.array([quarter["rect"] for quarter in found.quarters], float)
    own = rects[people.quarter]
    x, y = found.x.astype(float), found.y.astype(float)
    edge = 8
    assert (x >= own[:, 0] - edge).all()
    assert (x <= own[:, 2] + edge).all()
    assert (y >= own[:, 1] - edge).all()
    assert (y <= own[:, 3] + edge).all()
    assert ((rects[:, 2] - rects[:, 0]) > 200).all()
    for k, (x0, y0, x1, y1) in enumerate(rects):
        over = (rects[:, 0] < x1) & (rects[:, 2] > x0) & (rects[:, 1] < y1) & (rects[:, 3] > y0)
        assert np.flatnonzero(over).tolist() == [k]
    kinds = [place["kind"] for place in found.places]
    assert {"mosque", "school", "office", "bazaar"} & set(kinds) >= {"school", "office", "bazaar"}
    for place in found.places:
        inside = (rects[:, 0] < place["x"]) & (rects[:, 2] > place["x"])
        assert not (inside & (rects[:, 1] < place["y"]) & (rects[:, 3] > place["y"])).any()
    again = layout.layout(scenario_of(name, sets), people)
    assert np.array_equal(found.x, again.x)


def test_areas_of_a_treemap_are_in_proportion() -> None:
    sizes = np.array([5.0, 3, 8, 1, 1, 13, 2])
    rects = np.array(layout.treemap(sizes, (0, 0, 100, 60)))
    areas = (rects[:, 2] - rects[:, 0]) * (rects[:, 3] - rects[:, 1])
    assert areas == pytest.approx(sizes / sizes.sum() * 6000)


# ------------------------------------------------------------------------------- what may be chosen
def test_controls_name_the_files_own_fields(shelf: Shelf) -> None:
    for scenario in shelf:
        for name, programme in scenario.programmes.items():
            if name == "nothing":
                continue
            offered = controls(scenario, programme)
            assert 0 < len(offered) <= 20
            for control in offered:
                assert control.low <= control.value <= control.high
                assert getattr(programme.interventions[control.label], control.name.partition(".")[2]) == control.value
        keys = [one["key"] for one in shocks_of(scenario)]
        assert keys == ["rumour", "drought", "migrants_return", "youth_brawl", "election"]


def test_the_end_of_every_control_can_be_lived(shelf: Shelf, twin: Twin) -> None:
    for side in ("low", "high"):
        offered = controls(twin.scenario, twin.scenario.programmes["project"])
        choices = {control.name: getattr(control, side) for control in offered}
        scenario, programme = made(read({"programme": "project", "choices": choices}, shelf), shelf)
        short = dataclasses.replace(scenario, weeks=12)
        arm = film.live(short, programme, twin.start)
        assert np.isfinite(arm.series[list(MEASURES).index("attitude")]).all()


def test_every_mistake_of_a_request_is_told_at_once(shelf: Shelf) -> None:
    body = {
        "scenario": "hamlet", "programme": "project", "seed": -3, "off": "no", "colour": 1,
        "choices": {"platform.seats": 10_000, "platform.seets": 3, "platform.every": 2.5, "platform.price": 1},
        "from_week": 999, "shocks": {"rumour": {"on": True, "week": 0}, "meteor": {"on": True}, "drought": 7},
    }  # fmt: skip
    with pytest.raises(InputError) as refused:
        read(body, shelf)
    told = "\n".join(refused.value.messages)
    for words in (
        "colour", "seed", "platform.seats: 10000 is above the limit 120", "did you mean 'platform.seats'",
        "2.5 is not a whole number", "platform.price", "from_week", "shocks.rumour.week", "meteor", "shocks.drought",
    ):  # fmt: skip
        assert words in told, words


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "common", "what_if", "hamlet.toml", "", "z\x00"])
def test_only_scenarios_on_the_shelf_can_be_asked_for(shelf: Shelf, name: str) -> None:
    with pytest.raises(InputError, match="none named"):
        read({"scenario": name}, shelf)


def test_a_place_too_large_for_a_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(SMALL.replace("weeks = 30", "weeks = 300").replace("700", "30000"), "utf-8")
    with pytest.raises(InputError) as refused:
        Shelf(path)
    assert len(refused.value.messages) == 2


def test_a_file_without_the_numbers_of_shocks_is_shown_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "_QUESTIONS", "no_such_part")
    assert shocks_of(Shelf("yuryevka").scenario("yuryevka")) == []


def test_a_programme_may_cost_more_than_the_budget_and_says_so(shelf: Shelf) -> None:
    dear = twin_of(shelf, choices={"mediation.seats": 100, "mediation.days": 10, "platform.every": 1, "clubs.clubs": 8})
    money = heading.heading(dear)["money"]
    assert sum(line["usd"] for line in money["lines"]) > money["budget"] == 18_000


def test_since_hands_over_in_its_week() -> None:
    class Says:
        def __init__(self, word: str) -> None:
            self.word = word

        def act(self, *_: Any) -> str:
            return self.word

    both = Since(3, Says("old"), Says("new"))
    assert [both.act(week, None, None) for week in (2, 3)] == ["old", "new"]  # type: ignore[arg-type]


# ------------------------------------------------------------------------------- villages, persons, files
def test_villages_are_the_replications_of_run(twin: Twin) -> None:
    programme = twin.programme
    pairs = [villages.pair(twin.scenario, programme, 1, number) for number in range(3)]
    assert np.array_equal(pairs[0][0], twin.without.series, equal_nan=True)
    assert np.array_equal(pairs[0][1], twin.with_.series, equal_nan=True)
    result = execute.run(
        "yuryevka", programmes="project", weeks=WEEKS, replications=3, sets={"people.size": PEOPLE}, workers=1
    )
    everybody = result.weekly[result.weekly["by"] == "all"]
    sums = everybody.groupby(["programme", "replication"], observed=True)["violent"].sum()
    found = villages.counted(pairs)["violent"]
    assert found["values"] == [[sums["nothing", k], sums["project", k]] for k in range(3)]
    assert found["fewer"] + found["same"] + found["more"] == 3
    lines = villages.fan([pair[0] for pair in pairs])
    assert lines.shape == (len(MEASURES), 5, WEEKS + 1)
    assert lines[list(MEASURES).index("violent"), 2, -1] == np.median([sums["nothing", k] for k in range(3)])
    attitude = np.median([pair[0][list(MEASURES).index("attitude")] for pair in pairs], axis=0)
    assert lines[list(MEASURES).index("attitude"), 2] == pytest.approx(attitude, rel=3e-4)


def test_a_person_is_told_with_ties_and_encounters_of_the_week(twin: Twin) -> None:
    active = int(twin.with_.sessions[0][2][0])
    week = twin.with_.sessions[0][0]
    told = person(twin.scenario, twin.programme, twin.start, active, week)
    ties = twin.start.ties
    assert len(told["ties"]) == ties.start[active + 1] - ties.start[active]
    assert "platform" in told["activities"]
    known = {one["person"] for one in told["ties"]}
    assert len(known & {one["person"] for one in told["met"]}) >= 1
    assert twin.with_.met[week - 1, active] or not any(one["well"] is not None for one in told["met"])
    assert person(twin.scenario, twin.programme, twin.start, active, 0)["met"] == []


def test_moving_pictures_show_every_fourth_week(twin: Twin) -> None:
    from io import BytesIO

    from PIL import Image

    data = digest.gif(bytes_of(twin), ("Жума", "Долбоорсуз", "Долбоор менен"))
    assert data == digest.gif(bytes_of(twin), ("Жума", "Долбоорсуз", "Долбоор менен"))
    picture = Image.open(BytesIO(data))
    assert picture.n_frames == len(range(0, WEEKS, 4)) + 1
    assert picture.size == (968, 516)
    shots = list(digest.pictures(bytes_of(twin), ("Week", "without", "with")))
    assert not np.array_equal(shots[0], shots[-1])


def test_without_ffmpeg_a_video_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="ffmpeg"):
        digest.find_ffmpeg()


@pytest.mark.skipif(sys.platform == "win32", reason="a stand-in for ffmpeg written in sh")
def test_ffmpeg_is_given_every_picture(twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "ffmpeg"
    tool.write_text('#!/bin/sh\nfor last; do :; done\n/bin/cat > "$last"\n', "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    file = tmp_path / "new" / "film.mp4"
    words = ("Week", "without", "with")
    digest.mp4(bytes_of(twin), words, file)
    pictures = len(range(0, WEEKS, 4)) + 1
    assert file.stat().st_size == pictures * 968 * 516 * 3
    # What goes wrong leaves the film that is there, and nothing half written.
    tool.write_text('#!/bin/sh\nfor last; do :; done\necho half > "$last"\necho no room >&2\nexit 1\n', "utf-8")
    with pytest.raises(InputError, match="no room"):
        digest.mp4(bytes_of(twin), words, file)
    assert file.stat().st_size == pictures * 968 * 516 * 3
    assert [path.name for path in file.parent.iterdir()] == ["film.mp4"]


def test_files_are_looked_at_before_and_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there.html").write_text("mine", "utf-8")
    for name, words in (("there.html", "already there"), (".", "is a folder"), ("there.html/x", "cannot be written")):
        with pytest.raises(InputError, match=words):
            replay.check_file(tmp_path / name)
    file = replay.check_file(tmp_path / "new" / "film.html")
    replay.put(file, b"whole")
    assert file.read_bytes() == b"whole"

    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(InputError, match="No space left"):
        replay.put(tmp_path / "other.html", b"half")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "there.html"]


def test_the_log_of_the_week_takes_no_more_than_it_has_room_for(small: Scenario, small_town: Any) -> None:
    model = CohesionModel(small, rng=1, weeks=8, start=small_town)
    model.state.docket = model.state.docket._replace(log=np.zeros((1, 4), np.int32))
    whole_one = CohesionModel(small, rng=1, weeks=8, start=small_town)
    model.run_model()
    whole_one.run_model()
    assert np.array_equal(model.record.sums, whole_one.record.sums)
