"""Published trials as cases of the score card: the files of ``experiments/validation``, lived through many times."""

from __future__ import annotations

from cohesion_sim.files import load_scenario, shipped
from cohesion_sim.verification.targets import Case


def published() -> dict[str, Case]:
    """Return the published trials by name of their file; what must come out stands in the files themselves."""
    found = {}
    for path in sorted((shipped("experiments") / "validation").glob("*.toml"), key=lambda one: _order(one.stem)):
        scenario = load_scenario(path)
        assert scenario.trial is not None
        keys = [key.strip() for row in scenario.trial.expected.values() for key in row.source.split(",") if key.strip()]
        found[path.stem] = Case(
            name=path.stem,
            title=scenario.title["en"].partition(": ")[2],
            claim=scenario.description["en"],
            source=", ".join(dict.fromkeys(keys)),
            targets=(),
            module=path.stem,
            file=str(path),
        )
    return found


def _order(stem: str) -> tuple[int, str]:
    """Return the number behind the E, and the rest."""
    number = stem.partition("_")[0].lstrip("e")
    return (int(number) if number.isdigit() else 0, stem)


def lived(case: Case, workers: int | None = None) -> list[dict[str, object]]:
    """Return the rows of the card for one published trial: `scorecard.COLUMNS`, but for the seconds."""
    from cohesion_sim.studies.trial.run import run_trial

    result = run_trial(case.file, workers=workers)
    failed = len(result.failures)
    reason = f"{failed} of {result.repetitions} trials failed: {result.failures['message'].iloc[0]}" if failed else ""
    return [
        {
            "case": case.name.upper(),
            "target": row["name"],
            "expected": row["text"],
            "low": row["low"],
            "high": row["high"],
            "got": row["got"],
            "verdict": "miss" if failed else row["verdict"],
            "source": row["source"],
            "reason": reason,
        }
        for row in result.expected.to_dict("records")
    ]
