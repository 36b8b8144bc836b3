"""How much does each headline of `run zhazy` hang on each number? One number at a time, to both ends of its range.

    python experiments/sensitivity.py          # about five minutes on two cores; writes sensitivity.csv
    python experiments/sensitivity.py table    # the table of docs/credibility.md from it

Every number of the world that has a range is moved alone, with the same luck; what is compared is the effect of the
programme, not the level. Numbers that act together are not seen by this: it is a first look (ten Broeke et al. 2016).
"""

from __future__ import annotations

import csv
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cohesion_sim
from cohesion_sim.parameters import InputError

OUT = Path(__file__).with_suffix(".csv")
SCENARIO, PROGRAMME, REPLICATIONS = "zhazy", "project", 2
HEADLINES = ("violent", "blows", "attitude", "trust", "security", "cohesion")
SECTIONS = (
    "people.dissimilarity", "people.away", "ties.", "attitudes.", "contact.", "influence.", "norms.", "disputes.",
    "institutions.", "skills.", "harm.", "programmes.project.",
)  # fmt: skip
LEFT_OUT = ("disputes.mix.", "people.away_", "ties.household.", "disputes.violent.")


def numbers() -> dict[str, tuple[float, float]]:
    """Return the names to set and both ends of their ranges; a fact of a kind is moved wherever the kind is used."""
    scenario = cohesion_sim.load_scenario(SCENARIO)
    found: dict[str, tuple[float, float]] = {}
    for name, origin in scenario.provenance.items():
        if origin.range is None or origin.range[0] == origin.range[1] or not name.startswith(SECTIONS):
            continue
        if name.startswith(LEFT_OUT):
            continue
        if name.startswith("programmes."):
            _, programme, _, label, field = name.split(".")[:5]
            kind = type(scenario.programmes[programme].interventions[label]).__module__.rpartition(".")[2]
            name = f"kinds.{kind}.{field}"  # noqa: PLW2901
        found.setdefault(name, origin.range)
    return found


def effects(sets: dict[str, object]) -> dict[str, float]:
    """Return the effect of the programme on every headline."""
    result = cohesion_sim.run(SCENARIO, programmes=PROGRAMME, replications=REPLICATIONS, sets=sets, workers=1)
    table = result.effects().query("by == 'all'").set_index("measure")["effect"]
    return {name: float(table[name]) for name in HEADLINES}


def main() -> None:
    """Move every number and write what became of the effects."""
    base = effects({})
    rows = [{"name": "", "end": "default", "value": "", **base}]

    def moved(name: str, end: str, value: float) -> dict[str, object]:
        try:
            return {"name": name, "end": end, "value": value, **effects({name: value})}
        except InputError:  # a whole number, or an end that does not fit the rest
            try:
                return {"name": name, "end": end, "value": round(value), **effects({name: round(value)})}
            except InputError:
                return {"name": name, "end": end, "value": value, **dict.fromkeys(HEADLINES, float("nan"))}

    ends = [(name, end, reach[k]) for name, reach in numbers().items() for k, end in enumerate(("low", "high"))]
    with ThreadPoolExecutor(2) as pool:
        rows += pool.map(lambda one: moved(*one), ends)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})


def table(most: int = 5) -> str:
    """Return the strongest numbers of each headline as Markdown: effect at the low end, as it is, at the high end."""
    with OUT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    base = rows[0]
    ends: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows[1:]:
        ends.setdefault(row["name"], {})[row["end"]] = row
    lines = ["| headline | effect now | number | at its low end | at its high end |", "|---|---|---|---|---|"]
    for headline in HEADLINES[1:]:  # of violent disputes there are too few in two runs
        span = {
            name: abs(float(both["high"][headline]) - float(both["low"][headline]))
            for name, both in ends.items()
            if "nan" not in (both["low"][headline], both["high"][headline])
        }
        for place, name in enumerate(sorted(span, key=lambda one: -span[one])[:most]):
            first = f"{headline} | {float(base[headline]):+.3g}" if place == 0 else " | "
            low, high = (float(ends[name][end][headline]) for end in ("low", "high"))
            at = tuple(float(ends[name][end]["value"]) for end in ("low", "high"))
            lines.append(f"| {first} | `{name}` | {low:+.3g} (at {at[0]:g}) | {high:+.3g} (at {at[1]:g}) |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table()) if sys.argv[1:] == ["table"] else main()
