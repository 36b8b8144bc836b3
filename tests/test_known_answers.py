"""Known answers: every quick case of the score card passes, and the card can miss, refuse, and tell its origin."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import cohesion_sim
from cohesion_sim import card, files, ties
from cohesion_sim.cli import cli
from cohesion_sim.kernels import disputes
from cohesion_sim.parameters import InputError
from cohesion_sim.toml_lines import read_toml
from cohesion_sim.verification import v4_committed_minority as v4
from cohesion_sim.verification import v8_opportunity_and_trust as v8
from cohesion_sim.verification._villages import Villages, quiet_disputes
from cohesion_sim.verification.scorecard import COLUMNS, held_against, score
from cohesion_sim.verification.targets import Target, cases

TARGETS = files.shipped("experiments") / "verification"
CASES = cases()


def verify(*words: str | Path) -> Result:
    result = CliRunner().invoke(cli, ["verify", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def own_targets(folder: Path, case: str, *changes: tuple[str, str]) -> Path:
    """Return a folder with the targets of one case, some texts in them exchanged."""
    text = (TARGETS / f"{case}.toml").read_text("utf-8")
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    (folder / f"{case}.toml").write_text(text, "utf-8")
    return folder


# ------------------------------------------------------------------------------- what must come out
@pytest.mark.parametrize("name", CASES)
def test_every_quick_target_is_met(name: str) -> None:
    found = score([name], quick=True)
    measured = found[found["verdict"] != "n/a"]
    assert len(measured) >= 3 or name == "v4"
    assert np.isfinite(measured["got"]).all()
    missed = measured[measured["verdict"] != "pass"]
    assert missed[["target", "got", "low", "high"]].to_dict("records") == []


def test_the_jump_of_the_crowd_is_met_in_the_full_run() -> None:
    full, quick = score(["V3"]), CASES["v3"].targets
    assert full["verdict"].tolist() == ["pass"] * 5
    # The quick run leaves out, and never adds.
    assert {t.name for t in quick if t.quick} < set(full["target"])


def test_every_target_is_measured_in_the_full_run() -> None:
    named = {name: {t.name for t in case.targets if not t.reason} for name, case in CASES.items()}
    slow = {name for name, case in CASES.items() if not all(t.quick or t.reason for t in case.targets)}
    assert slow == {"v3", "v4", "v7"}  # in all others, the quick run has just measured every one; V3 runs in full above
    assert set(v4.FULL) == named["v4"]
    assert v4.QUICK.items() < v4.FULL.items()


def test_cases_and_files_of_targets_belong_together() -> None:
    room = Path(v4.__file__).parent
    assert {path.stem for path in room.glob("v*.py")} == {case.module for case in CASES.values()}
    for case in CASES.values():
        words = (room / f"{case.module}.py").read_text("utf-8").split('"""')[1]
        assert all(key.strip() in words for key in case.source.split(","))


def test_what_is_not_applicable_has_a_reason_and_no_number() -> None:
    left = {(name, t.name) for name, case in CASES.items() for t in case.targets if t.reason}
    assert left == {("v1", "consensus of the batch rule"), ("v4", "tipping of the naming game")}
    row = held_against(CASES["v4"], dict.fromkeys(v4.FULL, 0.0), quick=False)[-1]
    assert (row["verdict"], row["got"]) == ("n/a", None)


# ------------------------------------------------------------------------------- what the cases rest on
def test_ties_of_a_row_stand_in_the_order_of_the_pairs() -> None:
    """V2 gives the start, as a partner met last, the last weight of the row."""
    n = 12
    first, second = np.triu_indices(n, 1)
    table = ties.rows(
        2 * n,
        np.concatenate([first, np.arange(n)]).astype(np.int32),
        np.concatenate([second, np.arange(n) + n]).astype(np.int32),
        np.zeros(first.size + n, np.uint8),
    )
    assert table.partner[table.start[1 : n + 1] - 1].tolist() == list(range(n, 2 * n))


def test_every_dispute_of_v5_ends_in_violence() -> None:
    place = Villages(40, 100)
    rules = quiet_disputes(excitation=0.4)
    arisen = 0
    for week in range(60):
        place.events[:] = 0
        place.week(3, week, rules, 0.005, violent=1.0)
        assert np.array_equal(place.events[:, disputes.VIOLENT], place.events[:, disputes.ARISEN])
        arisen += int(place.events[:, disputes.ARISEN].sum())
    assert arisen > 1000


def test_both_parties_of_v8_learn_from_every_dispute() -> None:
    place, learned = v8.experiences()
    settled, brought = place.tally[disputes.SETTLED].sum(), place.tally[disputes.REGISTERED].sum()
    assert 0 < settled < brought
    assert learned.sum(axis=0).tolist() == [2 * settled, 2 * brought]


def test_v4_pairs_everybody_once_in_each_pairing() -> None:
    table = v4.pairings(20, 3, seed=1, week=2)
    assert np.diff(table.start).tolist() == [3] * 20
    assert not np.array_equal(table.partner, v4.pairings(20, 3, seed=1, week=3).partner)


# ------------------------------------------------------------------------------- the card can miss
def test_a_shifted_target_is_a_miss_and_ends_with_1(tmp_path: Path) -> None:
    folder = own_targets(tmp_path, "v6", ("low = 0.440\nhigh = 0.448", "low = 0.46\nhigh = 0.47"))
    result = verify("V6", "--quick", "--targets", folder, "--format", "json", "--out", tmp_path / "card.md")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["passed"] is False
    verdicts = {row["target"]: row["verdict"] for row in told["targets"]}
    assert verdicts.pop("active without police") == "miss"
    assert set(verdicts.values()) == {"pass"}
    # A card that misses is written all the same.
    assert "| 0.46 to 0.47 | 0.44488 | miss |" in (tmp_path / "card.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("low", "high", "got", "verdict"),
    [
        (1.0, 2.0, 1.0, "pass"),
        (1.0, 2.0, 2.0, "pass"),
        (1.0, 2.0, 2.0000001, "miss"),
        (1.0, None, 0.9999999, "miss"),
        (None, 1.0, -5.0, "pass"),
        (None, 1.0, float("nan"), "miss"),
        (1.0, None, float("nan"), "miss"),
        (0.0, None, float("inf"), "pass"),
    ],
)
def test_limits_belong_to_the_target_and_no_number_is_a_miss(
    low: float | None, high: float | None, got: float, verdict: str
) -> None:
    assert Target(name="x", text="x", low=low, high=high).verdict(got) == verdict


# ------------------------------------------------------------------------------- the card refuses
def test_unknown_cases_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError) as refused:
        score(["v11", "v2_friedkin_jonsen", "V3", "coffee"])
    assert [message.partition(":")[0] for message in refused.value.messages] == ["v11", "v2_friedkin_jonsen", "coffee"]
    assert "did you mean 'v1'?" in refused.value.messages[0]
    assert "did you mean 'v2_friedkin_johnsen'?" in refused.value.messages[1]
    assert f"allowed: {', '.join(CASES)}" in refused.value.messages[2]
    with pytest.raises(InputError, match="did you mean 'e1_contact'"):
        score(["e1_contacts"])
    with pytest.raises(InputError, match="Leave --quick out"):
        score(trials=True, quick=True)
    assert verify("v11").exit_code == 2


def test_names_that_targets_and_numbers_do_not_share_are_refused() -> None:
    case = CASES["v3"]
    measured = {t.name: 1.0 for t in case.targets}
    measured["share at sigma 12.4"] = measured.pop("share at sigma 12.3")
    with pytest.raises(InputError) as refused:
        held_against(case, measured, quick=False)
    missing, surplus = refused.value.messages
    line = next(t.line for t in case.targets if t.name == "share at sigma 12.3")
    assert missing.startswith(f"experiments/verification/v3.toml:{line}: target 'share at sigma 12.3' is not measured")
    assert "did you mean 'share at sigma 12.4'?" in missing
    assert surplus.startswith("experiments/verification/v3.toml: 'share at sigma 12.4' is measured")
    # In the quick run a slow target may not be measured.
    with pytest.raises(InputError, match="'sigma of the jump' is measured in the quick run"):
        held_against(case, {t.name: 1.0 for t in case.targets}, quick=True)


def test_every_mistake_in_files_of_targets_is_told_at_once(tmp_path: Path) -> None:
    own_targets(
        tmp_path,
        "v3",
        ('source = "GRANOVETTER78"', 'source = "GRANOVETTER79"'),
        ("low = 100\nhigh = 100", 'low = 101\nhigh = 100\nhight = "x"'),
        ("quick = true", 'quick = "yes"'),
        ('text = "normal', 'words = "normal'),
        ("low = 0.99\n", ""),
    )
    (tmp_path / "v12.toml").write_text("", "utf-8")
    (tmp_path / "v4.toml").write_text("title = = 1\n", "utf-8")
    result = verify("--targets", tmp_path)
    assert result.exit_code == 2
    lines = result.stderr.strip().split("\n")
    text = (tmp_path / "v3.toml").read_text("utf-8").split("\n")
    source, hight, quick = (text.index(x) + 1 for x in ('source = "GRANOVETTER79"', 'hight = "x"', 'quick = "yes"'))
    for words in (
        f"v3.toml:{source}: source: unknown key 'GRANOVETTER79' (did you mean",
        f"v3.toml:{hight}: unknown name 'hight' (did you mean 'high'?)",
        f"v3.toml:{quick}: quick: 'yes' does not fit. Write true or false",
        "target 'thresholds 0 to 99': low (101) is above high (100)",
        "text: is missing",
        "unknown name 'words'",
        "target 'share at sigma 12.3': neither low nor high",
        "v12.toml: no case 'v12'",
        "v4.toml:1:",
    ):
        assert any(words in line for line in lines), (words, lines)
    assert len(lines) == 9
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no files of targets"):
        cases(tmp_path / "empty")


def test_a_reason_and_limits_exclude_each_other_and_names_are_unique(tmp_path: Path) -> None:
    row = '[[target]]\nname = "active without police"\ntext = "x"\nlow = 1\nreason = "none"\n'
    own_targets(tmp_path, "v6", ("[[target]]", f"{row}\n[[target]]"))
    with pytest.raises(InputError) as refused:
        cases(tmp_path)
    assert "has a reason why it is not measured, and low too" in refused.value.messages[0]
    assert "is there twice" in refused.value.messages[1]


# ------------------------------------------------------------------------------- how it is told
def test_the_card_in_every_form() -> None:
    text, rows = verify("v6", "--quick").stdout, verify("v6", "--quick", "--format", "csv").stdout
    assert text.splitlines()[0].split() == ["case", "target", "expected", "allowed", "got", "verdict"]
    assert "1 case, 4 targets: 4 pass, 0 miss, 0 not applicable" in text
    table = list(csv.DictReader(io.StringIO(rows)))
    assert tuple(table[0]) == (*COLUMNS, "made_from")
    assert [row["verdict"] for row in table] == ["pass"] * 4
    assert float(table[1]["got"]) == pytest.approx(0.4449, abs=1e-4)
    assert table[3]["low"] == ""
    markdown = verify("v6", "--quick", "--format", "markdown").stdout
    assert markdown.splitlines()[1] == "|---|---|---|---|---|---|"
    result = verify("v6", "--quick", "--format", "json")
    assert result.stderr == "V6 Rule of the rebellion model …\n"
    assert json.loads(result.stdout)["targets"][3]["low"] is None


def test_the_card_as_a_file_replaces_only_a_card(tmp_path: Path) -> None:
    for name in ("card.md", "card.csv"):
        for _ in range(2):
            assert verify("v6", "--quick", "--out", tmp_path / name).exit_code == 0
    page = (tmp_path / "card.md").read_text("utf-8")
    assert f"Made with {card.made_from(cohesion_sim.__version__)}, by `cohesion-sim verify v6 --quick`." in page
    assert "**V6 Rule of the rebellion model.**" in page
    assert "V1" not in page
    assert len((tmp_path / "card.csv").read_text("utf-8").splitlines()) == 5
    (tmp_path / "notes.md").write_text("# Mine\n", "utf-8")
    for name, says in (
        ("notes.md", "something else than a score card"),
        ("card.txt", "ends in .md or .csv"),
        ("nowhere/card.md", "there is no folder"),
    ):
        result = verify("v6", "--quick", "--out", tmp_path / name)
        assert result.exit_code == 2
        assert says in result.stderr
        assert result.stdout == ""
    assert (tmp_path / "notes.md").read_text("utf-8") == "# Mine\n"


def test_the_card_names_the_commit_of_a_clone() -> None:
    made = card.made_from("1.2.3")
    root = Path(cohesion_sim.__file__).resolve().parents[2]
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        assert made == "cohesion-sim 1.2.3"
        return
    head = subprocess.run([git, "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    assert head.stdout[:12] in made


def test_the_sources_of_the_cases_are_known() -> None:
    known = read_toml((files.shipped("scenarios") / "sources.toml").read_text("utf-8")).data
    assert {key.strip() for case in CASES.values() for key in case.source.split(",")} <= set(known)
