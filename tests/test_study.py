"""Studies with real processes: the same bytes whoever did the runs and whatever was killed, nothing lost or doubled."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import studies
from cohesion_sim.cli import cli
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError, StoppedError
from cohesion_sim.studies import conclude, conduct, lived, store
from cohesion_sim.studies.effects import interval
from cohesion_sim.studies.plan import load_experiment
from cohesion_sim.studies.store import Store


def call(*words: object):
    return CliRunner().invoke(cli, [str(word) for word in words])


def read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return studies.written(tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="module")
def undisturbed(file) -> Path:
    """Return the finished study of `studies.EXPERIMENT`, done in this process."""
    return conduct.conduct(file, file.parent / "undisturbed", workers=0).folder


# ------------------------------------------------------------------------------------------------ what it finds


def test_the_table_is_that_of_single_runs(undisturbed, file):
    from cohesion_sim import CohesionModel, load_scenario
    from cohesion_sim.studies.execute import replication_seed

    table = read(undisturbed / "table.parquet")
    assert len(table) == 18 * 2
    assert table["run"].tolist() == np.repeat(np.arange(18), 2).tolist()
    row = table[(table["run"] == 8) & (table["programme"] == "project")].iloc[0]
    assert (row["point"], row["replication"], row["week"], row["by"]) == (1, 2, 3, "all")
    place = {"contact.generalisation": row["contact.generalisation"]}
    model = CohesionModel(
        load_scenario(file.parent / "village.toml", place), "project", rng=replication_seed(5, 2), weeks=3
    )
    model.run_model()
    weekly = model.record.frame()
    weekly = weekly[weekly["by"] == "all"]
    for name, measure in MEASURES.items():
        wanted = weekly[name].sum() if measure.flow else weekly[name].iloc[-1]
        assert row[name] == wanted, name
    assert row["seed"] == model.seed


def test_effects_are_paired_differences_with_intervals(undisturbed):
    table = read(undisturbed / "table.parquet")
    effects = pd.read_csv(undisturbed / "effects.csv")
    assert len(effects) == 3 * len(MEASURES)
    for point in range(3):
        arms = table[table["point"] == point].set_index(["replication", "programme"])["cohesion"].unstack()
        difference = (arms["project"] - arms["nothing"]).to_numpy()
        low, high = interval(difference.mean(), difference.var(ddof=1), np.array(6))
        row = effects[(effects["point"] == point) & (effects["measure"] == "cohesion")].iloc[0]
        told = row[["effect", "low", "high", "nothing", "pairs"]].astype(float).tolist()
        assert told == pytest.approx([difference.mean(), low, high, arms["nothing"].mean(), 6], rel=1e-6)


def test_however_many_parts_are_worked_on_together_the_tables_say_the_same(undisturbed, monkeypatch):
    finished = Store.opened(undisturbed)
    plan, parts = finished.plan(), [finished.part(path).num_rows for path in finished.parts()]
    assert len(parts) > 2
    numbers, tables, effects = [], [], []
    for batch in (1, sum(parts[:2]), sum(parts)):
        monkeypatch.setattr(store, "BATCH", batch)
        together = [each.num_rows for each in finished.batches()]
        assert max(together) < batch + max(parts)
        numbers.append(len(together))
        tables.append(finished.table())
        effects.append(conclude.effects(finished, plan))
    assert numbers[0] == len(parts) > numbers[1] > numbers[2] == 1
    for table, effect in zip(tables[1:], effects[1:], strict=True):
        pd.testing.assert_frame_equal(table, tables[0])
        pd.testing.assert_frame_equal(effect, effects[0], rtol=1e-12)


def test_what_is_kept_adds_up(file, tmp_path):
    text = studies.EXPERIMENT.replace("weeks = 3", "weeks = 5").replace("replications = 6", "replications = 1")
    short = file.with_name("short.toml")
    tables = {}
    keeps = {"all": "", "some": '\n[keep]\nmeasures = ["disputes", "trust"]\nby = ["all", "sex"]\nevery = 2\n'}
    for name, keep in keeps.items():
        short.write_text(text + keep, "utf-8")
        tables[name] = conduct.conduct(short, tmp_path / name, workers=0).table()
    some = tables["some"]
    assert some["week"].unique().tolist() == [2, 4, 5]
    assert list(some.columns[-2:]) == ["disputes", "trust"]
    assert len(some) == 3 * 2 * 3 * 3
    keys = ["run", "programme"]
    whole = some[some["by"] == "all"]
    assert whole.groupby(keys)["disputes"].sum().tolist() == tables["all"].groupby(keys)["disputes"].sum().tolist()
    last = whole[whole["week"] == 5].set_index(keys)["trust"]
    assert last.equals(tables["all"].set_index(keys)["trust"])
    sexes = some[some["by"] == "sex"].groupby([*keys, "week"])["residents"].sum()
    assert (sexes == 200).all()


# ------------------------------------------------------------------------------------------------ who did the runs


def test_processes_and_a_cluster_give_the_same_bytes(file, undisturbed, tmp_path):
    wanted = studies.hashes(undisturbed)
    done = call("study", "run", file, "--out", tmp_path / "two", "--workers", 2)
    assert done.exit_code == 0, done.output
    assert "Table: " in done.stdout
    page = (tmp_path / "two" / "report.html").read_text("utf-8")
    assert "Does generalisation make the project work better?" in page
    assert "cohesion index" in page
    assert studies.hashes(tmp_path / "two") == wanted
    with studies.cluster(tmp_path) as (at, _):
        done = call("study", "run", file, "--out", tmp_path / "cluster", "--scheduler", at)
    assert done.exit_code == 0, done.output
    assert studies.hashes(tmp_path / "cluster") == wanted


def test_a_cluster_that_goes_away_stops_the_study_which_resumes(file, undisturbed, tmp_path):
    out = tmp_path / "out"
    words = [sys.executable, "-m", "cohesion_sim", "study", "run", str(file), "--out", str(out), "--scheduler"]
    with studies.cluster(tmp_path) as (at, processes):
        running = subprocess.Popen([*words, at], env=studies.environment(), stderr=subprocess.PIPE, text=True)
        assert studies.eventually(lambda: list((out / "parts").glob("*.parquet")))
        for process in reversed(processes):
            process.kill()
        told = running.communicate(timeout=120)[1]
    assert running.returncode == 1, told
    assert "the cluster has gone away. Start it again, and go on" in told
    assert "Traceback" not in told
    conduct.resume(out, workers=0)
    assert studies.hashes(out) == studies.hashes(undisturbed)


THOUSAND = """
question = "Is anything lost?"
scenarios = ["village"]
programmes = []
replications = 1000
weeks = 1
"""
KILLS = int(os.environ.get("KILLS", "6"))
"""20 take minutes, most of which processes need to start again; every second of the first ones is the coordinator."""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed otherwise there")
def test_kills_at_random_moments_among_a_thousand_runs_leave_no_trace(file, tmp_path):
    path = file.with_name("thousand.toml")
    path.write_text(THOUSAND, "utf-8")
    quiet = conduct.conduct(path, tmp_path / "quiet", workers=0).folder
    folder = tmp_path / "disturbed"
    luck = random.Random(8)
    process = studies.started("study", "run", path, "--out", folder, "--workers", 2)
    killed = {"coordinator": 0, "worker": 0}
    while sum(killed.values()) < KILLS:
        whom = "coordinator" if killed["worker"] > 2 * killed["coordinator"] else "worker"
        _after_some_parts(process, folder)
        time.sleep(luck.uniform(0.0, 0.2))
        assert process.poll() is None, process.communicate()
        _kill(process, luck, coordinator=whom == "coordinator")
        killed[whom] += 1
        if whom == "coordinator":
            process.communicate()
            assert not conduct.status(folder).complete
            process = studies.started("study", "resume", folder, "--workers", 2)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "Table: " in out
    assert min(killed.values()) > 0
    assert studies.hashes(folder) == studies.hashes(quiet)
    assert read(folder / "table.parquet")["run"].tolist() == list(range(1000))
    assert conduct.status(folder) == conduct.Status("Is anything lost?", 1000, 1000, 0, False, True, None)


def _after_some_parts(process, folder: Path) -> None:
    """Wait until one part more is done than at the time of asking."""
    before = len(list((folder / "parts").glob("0*.parquet")))
    assert studies.eventually(
        lambda: len(list((folder / "parts").glob("0*.parquet"))) > before or process.poll() is not None, 120
    )


def _kill(process, luck: random.Random, *, coordinator: bool) -> None:
    """Kill the coordinator, or one of its workers."""
    if coordinator:
        process.kill()
        return
    children = psutil.Process(process.pid).children()
    workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    luck.choice(workers).kill()


# ------------------------------------------------------------------------------------------------ what fails


def test_runs_that_raise_or_kill_their_process_are_rows_and_the_others_go_on(file, tmp_path):
    path = file.with_name("breaks.toml")
    path.write_text(
        'question = "What breaks?"\nscenarios = ["village"]\nprogrammes = ["breaks"]\nreplications = 1\nweeks = 2\n'
        "[vary]\nbreaks.it.mode = [0, 1, 2]\n",
        "utf-8",
    )
    done = call("study", "run", path, "--out", tmp_path / "out", "--workers", 2)
    assert done.exit_code == 1, done.output
    assert "1 run failed while it ran: RuntimeError: broken on purpose (first: run 1, mode 1" in " ".join(
        done.stdout.split()
    )
    failures = read(tmp_path / "out" / "failures.parquet")
    assert failures["run"].tolist() == [1, 2]
    assert failures["stage"].tolist() == ["run", "process"]
    assert [json.loads(told) for told in failures["arguments"]] == [{"breaks.it.mode": m} for m in (1, 2)]
    assert failures["message"].str.contains("died 3 times").tolist() == [False, True]
    table = read(tmp_path / "out" / "table.parquet")
    # An arm that raised leaves the other one; a process that died leaves nothing.
    assert table.groupby("run").size().to_dict() == {0: 2, 1: 1}
    told = call("study", "status", tmp_path / "out", "--format", "json")
    assert {k: json.loads(told.stdout)[k] for k in ("runs", "done", "failed")} == {"runs": 3, "done": 3, "failed": 2}


FULL = """
import resource, sys
from cohesion_sim.studies import conduct
conduct.plan(sys.argv[1])
from cohesion_sim.studies.execute import warm_up
real = conduct.Doing.do
def full(self, *words):
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    return real(self, *words)
conduct.Doing.do = full
from cohesion_sim.parameters import StoppedError
try:
    conduct.conduct(sys.argv[1], sys.argv[2], workers=0)
except StoppedError as error:
    print(error)
    sys.exit(1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit that the system sets")
def test_a_disk_that_takes_no_more_stops_the_study_which_resumes(file, undisturbed, tmp_path):
    folder = tmp_path / "full"
    process = studies.started(file, folder, program=FULL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "cannot be written" in out
    assert f"What is done is kept. Make room, then: cohesion-sim study resume {folder}" in out
    assert "Traceback" not in err
    assert list((folder / "parts").iterdir()) == []  # nothing half written
    assert conduct.resume(folder, workers=0).complete
    assert studies.hashes(folder) == studies.hashes(undisturbed)


# ------------------------------------------------------------------------------------------------ one folder


def test_ctrl_c_keeps_what_is_done(file, tmp_path):
    path = file.with_name("long.toml")
    path.write_text(THOUSAND.replace("1000", "100000"), "utf-8")
    folder = tmp_path / "long"
    hears = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from cohesion_sim.cli import main; main()"
    )
    process = studies.started(
        "study", "run", path, "--out", folder, "--workers", 1, program=hears, start_new_session=True
    )
    try:
        assert studies.eventually(lambda: len(list(folder.glob("parts/*.parquet"))) > 1)
        told = call("study", "status", folder)
        assert "Running" in told.stdout
        again = call("study", "resume", folder)  # two at work on one folder
        assert again.exit_code == 2
        assert "somebody is at work on this study already" in again.stderr
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == f"Stopped. What is done is kept. Go on: cohesion-sim study resume {folder}"
    assert "Traceback" not in err
    assert "Not running. Go on" in call("study", "status", folder).stdout
    assert conduct.status(folder).done >= 32


def copied(undisturbed: Path, folder: Path) -> Path:

    shutil.copytree(undisturbed, folder)
    return folder


def test_a_finished_study_is_left_alone(undisturbed, file, tmp_path):
    folder = copied(undisturbed, tmp_path / "done")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert call("study", "resume", folder).exit_code == 0
    again = call("study", "run", file, "--out", folder)
    assert again.exit_code == 2
    assert "a result is already there" in again.stderr
    assert before == {path: path.stat().st_mtime_ns for path in before}  # a page may be added
    unfinished = copied(undisturbed, tmp_path / "unfinished")
    (unfinished / "manifest.json").unlink()
    again = call("study", "run", file, "--out", unfinished)
    assert again.exit_code == 2
    assert "an unfinished study is here. Go on with it: cohesion-sim study resume" in again.stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert "holds something else" in call("study", "run", file, "--out", tmp_path / "mine", "--force").stderr


def test_lost_and_broken_parts_are_done_again(undisturbed, tmp_path):
    folder = copied(undisturbed, tmp_path / "lost")
    store = Store(folder)
    for name in ("manifest.json", "table.parquet", "effects.csv"):
        (folder / name).unlink()
    store.path_of(1).unlink()
    (folder / "parts" / "000003.parquet.unfinished").write_bytes(b"half")
    assert conduct.status(folder).done == 18 - pq.read_table(undisturbed / "parts" / "000001.parquet").num_rows // 2
    conduct.resume(folder, workers=0)
    assert studies.hashes(folder) == studies.hashes(undisturbed)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("experiment", "the files were changed since the study began"),
        ("village", "the files were changed since the study began"),
        ("kind", "the files were changed since the study began"),
        ("version", "was begun with version 0.0.9"),
    ],
)
def test_what_was_changed_is_not_mixed(undisturbed, tmp_path, what, says):
    folder = copied(undisturbed, tmp_path / "changed")
    (folder / "manifest.json").unlink()
    if what == "version":
        told = json.loads((folder / "plan.json").read_text())
        (folder / "plan.json").write_text(json.dumps({**told, "version": "0.0.9"}))
    else:
        path = {"experiment": "asked.toml", "village": "village.toml", "kind": "interventions/breaks.py"}[what]
        path = folder / "inputs" / path
        path.write_text(path.read_text("utf-8") + "\n# changed\n", "utf-8")
    with pytest.raises(InputError, match=says):
        conduct.resume(folder, workers=0)


def test_the_user_may_change_his_own_files_meanwhile(undisturbed, tmp_path):
    folder = copied(undisturbed, tmp_path / "moved")
    (folder / "manifest.json").unlink()
    Store(folder).path_of(0).unlink()
    conduct.resume(folder, workers=0)  # in another place than it began, with the copies it keeps
    assert studies.hashes(folder) == studies.hashes(undisturbed)


@pytest.mark.parametrize("way", ["far", "link", "whole"])
def test_scenarios_are_found_again_wherever_they_lie(tmp_path, way):
    home = tmp_path / "a" / "b" / "c" / "d"
    home.mkdir(parents=True)
    studies.written(tmp_path)  # a village far above
    named = {"far": "../../../../village.toml", "link": "near.toml", "whole": str(tmp_path / "village.toml")}[way]
    if way == "link":
        shutil.copytree(tmp_path / "interventions", home / "interventions")
        (home / named).symlink_to(tmp_path / "village.toml")
    text = f'question = "Is it found?"\nscenarios = ["{named}"]\nprogrammes = []\nreplications = 1\nweeks = 1\n'
    (home / "asked.toml").write_text(text, "utf-8")
    store = conduct.conduct(home / "asked.toml", tmp_path / "out", workers=0)
    if way != "whole":  # what is named by its whole path is read where it is
        shutil.rmtree(tmp_path / "a")
        (tmp_path / "village.toml").unlink()
    store.path_of(0).unlink()
    (store.folder / "manifest.json").unlink()
    assert conduct.resume(store.folder, workers=0).complete


def test_an_experiment_changed_in_python_is_what_is_run(file, tmp_path):
    asked = dataclasses.replace(load_experiment(file), replications=2, weeks=1, vary={})
    store = conduct.conduct(asked, tmp_path / "out", workers=0)
    assert sorted(set(store.table()["replication"])) == [0, 1]
    assert store.description["runs"] == 2


def test_what_is_damaged_is_named_with_the_way_on(undisturbed, tmp_path):
    folder = copied(undisturbed, tmp_path / "damaged")
    (folder / "manifest.json").unlink()
    Store(folder).path_of(1).write_bytes(b"no parquet")
    for verb in ("status", "resume", "verify"):
        done = call("study", verb, folder)
        assert done.exit_code == 2, (verb, done.output)
        assert "000001.parquet: is broken. Remove it, and resume: cohesion-sim study resume" in done.stderr
    for path in Store(folder).parts():
        path.unlink()
    done = call("study", "export", folder, "--out", tmp_path / "none.csv", "--partial")
    assert done.exit_code == 2
    assert "no run is done yet" in done.stderr


def test_no_study_here(tmp_path):
    for verb in ("status", "resume", "verify"):
        done = call("study", verb, tmp_path)
        assert done.exit_code == 2
        assert "there is no study here (no plan.json)" in done.stderr


# ------------------------------------------------------------------------------------------------ until


def test_replications_until_the_interval_is_narrow_enough(file, tmp_path):
    path = file.with_name("until.toml")
    path.write_text(
        studies.EXPERIMENT.replace("replications = 6\n", "").replace("weeks = 3", "weeks = 8")
        + '[until]\neffect = "cohesion"\nhalf_width = 0.012\nat_least = 3\nat_most = 24\n',
        "utf-8",
    )
    whole = conduct.conduct(path, tmp_path / "whole", workers=0)
    table = whole.table()
    counts = table[table["programme"] == "nothing"].groupby("point").size()
    effects = pd.read_csv(whole.folder / "effects.csv")
    effects = effects[effects["measure"] == "cohesion"].set_index("point")
    wide = (effects["high"] - effects["low"]) / 2 > 0.012
    assert (effects["pairs"] == counts).all()
    assert (counts[wide] == 24).all()
    assert counts.max() > 3  # more than the first round
    assert sorted(table["run"].unique()) == list(range(int(counts.sum())))
    # Disturbed between the rounds and inside one, it comes to the same.
    torn = copied(whole.folder, tmp_path / "torn")
    (torn / "manifest.json").unlink()
    parts = Store(torn).parts()
    for part in (parts[0], *parts[-2:]):
        part.unlink()
    conduct.resume(torn, workers=0)
    assert studies.hashes(torn) == studies.hashes(whole.folder)


# ------------------------------------------------------------------------------------------------ looked at again


def test_verify_finds_a_bit_that_was_changed(undisturbed, tmp_path, monkeypatch):
    whole = conduct.verify(undisturbed, share=0.2, workers=0)
    assert whole == conduct.Verified(4, ())
    folder = copied(undisturbed, tmp_path / "tampered")

    path = Store(folder).path_of(0)
    part = pq.read_table(path)
    told = pq.read_schema(path).metadata
    index = part.schema.names.index("cohesion")
    values = part["cohesion"].to_numpy().copy()
    values[0] = np.nextafter(values[0], 10)
    import pyarrow as pa

    part = part.set_column(index, part.schema.field(index), pa.array(values))
    path.write_bytes(lived.encoded(part, json.loads(told[b"failures"]), int(told[b"runs"])))
    assert conduct.verify(folder, share=1.0, workers=0) == conduct.Verified(18, (0,))
    part, again = tmp_path / "other", lived.live
    copied(undisturbed, part)

    def refused(*_: object) -> None:
        raise RuntimeError("nothing works here")

    monkeypatch.setattr(lived, "live", refused)
    with pytest.raises(InputError, match=r"run \d+ cannot be repeated here: RuntimeError: nothing works here"):
        conduct.verify(part, workers=0)  # which says nothing about the table
    monkeypatch.setattr(lived, "live", again)
    for share in (0, 1.5):
        with pytest.raises(InputError, match="share"):
            conduct.verify(folder, share=share, workers=0)


def test_export_as_parquet_and_csv_with_dictionary_and_crate(undisturbed, tmp_path):
    done = call("study", "export", undisturbed, "--out", tmp_path / "all.parquet")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "all.parquet").read_bytes() == (undisturbed / "table.parquet").read_bytes()
    assert call("study", "export", undisturbed, "--out", tmp_path / "all.csv", "--force").exit_code == 0
    table = read(tmp_path / "all.parquet")
    text = pyarrow.csv.read_csv(tmp_path / "all.csv").to_pandas()  # pandas itself may round the last bit
    pd.testing.assert_frame_equal(text, table, check_dtype=False, check_exact=True)
    words = pd.read_csv(tmp_path / "all.dictionary.csv", keep_default_na=False)
    assert words["column"].tolist() == list(table.columns)
    assert (words["meaning"] != "").all()
    crate = json.loads((tmp_path / "ro-crate-metadata.json").read_text("utf-8"))
    entries = {entry["@id"]: entry for entry in crate["@graph"]}
    assert entries["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert {part["@id"] for part in entries["./"]["hasPart"]} == {"all.csv", "all.dictionary.csv"}
    assert entries["./"]["name"] == "Does generalisation make the project work better?"
    mine = (tmp_path / "all.csv").read_bytes()
    again = call("study", "export", undisturbed, "--out", tmp_path / "all.csv")
    assert again.exit_code == 2
    assert "would be replaced. Export into another folder" in again.stderr
    assert (tmp_path / "all.csv").read_bytes() == mine
    for name in ("all.txt", "none/all.csv"):
        assert call("study", "export", undisturbed, "--out", tmp_path / name).exit_code == 2


def test_an_unfinished_study_is_exported_only_on_demand(undisturbed, tmp_path):
    folder = copied(undisturbed, tmp_path / "half")
    (folder / "manifest.json").unlink()
    Store(folder).path_of(2).unlink()
    with pytest.raises(InputError, match=r"is not finished.*--partial"):
        conduct.export(folder, tmp_path / "half.csv")
    path = conduct.export(folder, tmp_path / "half.csv", partial=True)
    assert 0 < len(pd.read_csv(path)) < 36


def test_entries_given_in_python(file, tmp_path, monkeypatch):
    import cohesion_sim

    monkeypatch.chdir(file.parent)
    store = cohesion_sim.study(
        {"question": "Of what use?", "scenarios": ["village.toml"], "replications": 2, "weeks": 2,
         "vary": {"contact.generalisation": [0.1, 0.2]}, "keep": {"measures": ["trust"]}},
        tmp_path / "out", workers=0,
    )  # fmt: skip
    assert store.complete
    assert len(store.table()) == 8
    assert store.design()["contact.generalisation"].tolist() == [0.1, 0.2]
    with pytest.raises(InputError, match=r"experiment\.toml:\d+: vary\.contact\.gain"):
        cohesion_sim.study({"question": "?", "scenarios": ["zhazy"], "vary": {"contact": {"gain": 3}}}, tmp_path / "no")


def test_a_stop_is_a_mistake_that_can_be_told():
    assert issubclass(StoppedError, InputError)
