"""The folder that a country leaves behind: a readable report, tables, pictures, and how they were made."""

from __future__ import annotations

import hashlib
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cohesion_sim import country_figures as draw
from cohesion_sim import figures
from cohesion_sim import phrases as say
from cohesion_sim import tables as text
from cohesion_sim.country_answer import KINDS, country_answer, title_of, unit_of
from cohesion_sim.country_design import starts
from cohesion_sim.folder import MADE_BY, appearing, versions, write_json
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import MARKS
from cohesion_sim.studies.country import tables
from cohesion_sim.studies.country.parts import beside
from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cohesion_sim.studies.country.run import CountryResult

Picture: TypeAlias = "tuple[Figure, str]"


def write_country(result: CountryResult, folder: str | Path, *, force: bool = False) -> Path:
    """Write a country into ``folder`` and return its path; it appears complete or not at all.

    What was kept beside it to go on from goes then, unless some municipalities failed and may be tried again.

    Raises
    ------
    InputError
        If the folder must not be replaced.
    """
    headline = result.loaded.design.country.headline
    found = {
        "municipalities": result.municipalities,
        "districts": tables.districts(result.municipalities, headline),
        "where": tables.kinds(result.municipalities, headline),
        "months": result.months,
    }
    if len(result.failures):
        found["failures"] = result.failures
    with appearing(folder, force=force) as part:
        for name, table in found.items():
            table.to_csv(part / f"{name}.csv", index=False, float_format="%.10g", lineterminator="\n")
        drawn = pictures(result)
        texts = figures.save({name: figure for name, (figure, _) in drawn.items()}, part / "figures")
        shown = {
            name: {"svg": figures.inline(texts[name], name, caption), "caption": caption}
            for name, (_, caption) in drawn.items()
        }
        page = typeset("country.html.jinja", **_values(result), figures=shown, files=sorted(f"{n}.csv" for n in found))
        (part / "report.html").write_text(page, encoding="utf-8")
        write_json(part / "manifest.json", _manifest(result))
    if result.failures.empty:
        shutil.rmtree(beside(folder), ignore_errors=True)
    return Path(folder).expanduser().absolute()


def _manifest(result: CountryResult) -> dict[str, Any]:
    design = result.loaded.design
    return {
        "made_by": MADE_BY,
        "verb": "country",
        "versions": versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "file": design.name,
        "regions": list(result.regions),
        "municipalities": len(result.municipalities),
        "residents": int(result.municipalities["residents"].sum()),
        "weeks": design.country.weeks,
        "seed": design.country.seed,
        "workers": result.workers,
        "seconds": round(result.seconds, 3),
        "municipalities_done_before": result.done_before,
        "failures": len(result.failures),
        "file_sha256": hashlib.sha256(design.text.encode()).hexdigest(),
        "file_text": design.text,
        "scenarios_sha256": {
            name: hashlib.sha256(scenario.text.encode()).hexdigest()
            for name, scenario in result.loaded.scenarios.items()
        },
    }


def _values(result: CountryResult) -> dict[str, Any]:
    """Return what the page says."""
    design = result.loaded.design
    told = country_answer(result)
    numbers = list(design.provenance.items())
    unsure = [item for item in numbers if item[1].mark not in {"F", "D", None}]
    unsure.sort(key=lambda item: text.UNSURE_FIRST.index(str(item[1].mark)))
    known = [item for item in numbers if item[1].mark in {"F", "D"}]
    named = {key.strip() for _, number in numbers for key in (number.source or "").split(",")}
    return {
        "title": say.title_of(design.country.title, design.name),
        "question": design.question,
        "description": say.title_of(design.country.description, ""),
        "short": told[0],
        "sentences": told[1:],
        "kinds": _kinds(result),
        "districts": _districts(result),
        "headline": [(say.label(m), unit_of(m), unit_of(m, usd=True)) for m in design.country.headline],
        "design": _design(result),
        "failures": say.rows_of(result.failures),
        "assumed": {"of": len(unsure) + len(known), "A": sum(n.mark == "A" for _, n in unsure), "F": len(known)},
        "uncertain": text.merged(unsure),
        "found": text.merged(known),
        "decided": text.merged([item for item in numbers if item[1].mark is None]),
        "marks": MARKS,
        "sources": [(key, words) for key, words in design.sources.items() if key in named],
        "result": result,
        "versions": versions(),
        "python": platform.python_version(),
    }


def _cells(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Return gain and worth of a row as text, each with its interval."""
    return [
        (say.number(row[value]), f"{say.number(row[low])} to {say.number(row[high])}" if row[low] == row[low] else "")
        for value, low, high in (("gain", "low", "high"), ("worth", "worth_low", "worth_high"))
    ]


def _kinds(result: CountryResult) -> list[dict[str, Any]]:
    """Return the rows of the table of kinds of municipality, all together first."""
    headline = result.loaded.design.country.headline
    every = tables.effects(result.municipalities, headline)
    every.insert(0, "by", "all")
    rows = [*say.rows_of(every), *say.rows_of(tables.kinds(result.municipalities, headline))]
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        line = out.setdefault(
            (row["by"], row["group"]),
            {
                "by": KINDS.get(row["by"], ""), "title": title_of(result.loaded, row["by"], row["group"]),
                "municipalities": row["municipalities"], "residents": f"{row['residents']:,}",
                "usd": f"{row['usd']:,.0f}", "cells": [],
            },
        )  # fmt: skip
        line["cells"] += _cells(row)
    return list(out.values())


def _districts(result: CountryResult) -> list[dict[str, Any]]:
    """Return the rows of the table of districts, the best for the money first."""
    headline = result.loaded.design.country.headline
    table = tables.districts(result.municipalities, headline)
    order = table[table["measure"] == headline[0]].sort_values("worth", ascending=False)["district"]
    out = []
    for name in order:
        rows = say.rows_of(table[table["district"] == name])
        out.append(
            {
                "title": title_of(result.loaded, "district", name),
                "region": title_of(result.loaded, "region", rows[0]["region"]),
                "start": rows[0]["start"], "municipalities": rows[0]["municipalities"],
                "usd": f"{rows[0]['usd']:,.0f}", "cells": [cell for row in rows for cell in _cells(row)],
            }
        )  # fmt: skip
    return out


def _design(result: CountryResult) -> list[tuple[str, str]]:
    """Return what was tried, in rows of two texts."""
    design = result.loaded.design
    weeks = [week for name, week in starts(design).items() if week >= 0]
    rows = [
        ("municipalities", f"{len(result.municipalities)} in {len(result.regions)} regions, each lived through twice"),
        ("programme", f"{design.country.programme}, as each type's scenario describes it"),
        ("roll-out", f"{len(weeks)} districts, from week {min(weeks)} to week {max(weeks)}"),
        ("weeks", f"{design.country.weeks}; effects over the first year of each district"),
    ]
    for name, kind in design.types.items():
        tense = f"; in tense years {kind.tense}" if kind.tense else ""
        rows.append((f"type {name}", f"modelled on {kind.scenario}{tense}"))
    for name, shock in design.shocks.items():
        where = ", ".join(title_of(result.loaded, "region", r) for r in shock.regions) or "everywhere"
        rows.append((f"shock {name}", f"week {shock.week}, {where}"))
    return rows


# --------------------------------------------------------------------------------------------- pictures


def pictures(result: CountryResult) -> dict[str, Picture]:
    """Return the figures of the report by file name, each with the words that say what it shows."""
    return {
        "where": _where(result),
        "districts": _dots(result),
        "regions": _regions(result),
        "rollout": _rollout(result),
    }


def _where(result: CountryResult) -> Picture:
    """Return what 1,000 USD bring in each kind of municipality, a panel a measure."""
    headline = result.loaded.design.country.headline
    table = tables.kinds(result.municipalities, headline)
    every = tables.effects(result.municipalities, headline).set_index("measure")["worth"]
    first = table[table["measure"] == headline[0]]
    pairs = zip(first["by"], first["group"], strict=True)
    names = [f"{KINDS[by]}: {title_of(result.loaded, by, group).split(' (')[0]}" for by, group in pairs]
    height = 0.9 + 0.2 * len(names)
    figure, panels = figures.sheet(
        9.5, height, 1, len(headline), left=0.3, top=1 - 0.35 / height, bottom=0.45 / height, wspace=0.06
    )
    for number, (axes, measure) in enumerate(zip(panels, headline, strict=True)):
        draw.dots(table[table["measure"] == measure], axes, names=names, whole=float(every[measure]))
        _named(axes, measure, names=number == 0)
    return figure, (
        "What 1,000 USD bring by kind of municipality, with 95 % intervals; filled: clear of zero. To the right is for "
        "the better. Dotted: all together."
    )


def _named(axes: Any, measure: str, *, names: bool) -> None:
    what = say.label(measure)
    axes.set_title(f"{what[:1].upper()}{what[1:]}", fontsize=10, loc="left")
    axes.set_xlabel(unit_of(measure, usd=True), fontsize=8)
    if not names:
        axes.set_yticklabels([])


def _dots(result: CountryResult) -> Picture:
    """Return what 1,000 USD bring in each district, sorted, a panel a measure."""
    headline = result.loaded.design.country.headline
    table = tables.districts(result.municipalities, headline)
    every = tables.effects(result.municipalities, headline).set_index("measure")["worth"]
    order = list(table[table["measure"] == headline[0]].sort_values("worth", ascending=False)["district"])
    region = table.drop_duplicates("district").set_index("district")["region"]
    names = [
        f"{title_of(result.loaded, 'district', name)} · {title_of(result.loaded, 'region', region[name])}"
        for name in order
    ]
    height = 0.9 + 0.19 * len(names)
    figure, panels = figures.sheet(
        9.5, height, 1, len(headline), left=0.2, top=1 - 0.35 / height, bottom=0.45 / height, wspace=0.06
    )
    for number, (axes, measure) in enumerate(zip(panels, headline, strict=True)):
        rows = table[table["measure"] == measure].set_index("district").loc[order].reset_index()
        draw.dots(rows, axes, names=names, whole=float(every[measure]))
        _named(axes, measure, names=number == 0)
    return figure, (
        "What 1,000 USD bring in each district, the best first by the left panel, with 95 % intervals over its "
        "municipalities (none below three). A sorted picture of luck looks like a ranking: where intervals overlap, "
        "the order means little. Dotted: all together."
    )


def _regions(result: CountryResult) -> Picture:
    """Return gain for the money over mixture, a dot a municipality, a panel a region."""
    import numpy as np

    measure = result.loaded.design.country.headline[-1]
    rows = tables.treated(result.municipalities)
    gains = tables.gain(rows, measure)
    worth = gains / np.maximum(rows["usd"].to_numpy(float) / 1000, 1e-9)
    spread = float(np.nanquantile(np.abs(worth), 0.98)) if len(worth) else 1.0
    ends = (min(-0.25 * spread, float(np.nanquantile(worth, 0.01))), 1.15 * spread)
    regions = [name for name in result.regions if (rows["region"] == name).any()]
    columns = min(4, len(regions))
    lines = -(-len(regions) // columns)
    height = 0.75 + 2.1 * lines
    figure, panels = figures.sheet(
        9.5, height, lines, columns, left=0.07, top=1 - 0.4 / height, bottom=0.5 / height, hspace=0.4, wspace=0.12
    )
    table = tables.effects(result.municipalities, [measure], result.municipalities["region"])
    whole = dict(zip(table["group"], table["worth"], strict=True))
    for number, (axes, name) in enumerate(zip(panels, regions, strict=False)):
        own = (rows["region"] == name).to_numpy()
        draw.scatter(
            rows[own], axes, gains=gains[own], title=title_of(result.loaded, "region", name),
            mean=float(whole[name]), ends=ends, along="diversity",
        )  # fmt: skip
        axes.set_xlim(0, 1)
        if number % columns:
            axes.set_yticklabels([])
    panels[0].set_ylabel("gain per 1,000 USD", fontsize=8)
    figure.supxlabel("mixture: chance that two residents are of different communities", fontsize=8, y=0.01)
    for axes in panels[len(regions) :]:
        axes.set_visible(False)
    handles = dict(zip(*reversed(panels[0].get_legend_handles_labels()), strict=True))
    spare = len(panels) > len(regions)
    figure.legend(handles.values(), handles.keys(), loc="lower right" if spare else "upper right", fontsize=8,
                  frameon=False, ncols=1 if spare else 2)  # fmt: skip
    return figure, (
        f"One dot is one municipality, larger with more people: {say.label(measure)}, "
        f"{unit_of(measure, usd=True)}. Dotted: the region as a whole. What lies beyond the frame stands at its edge."
    )


def _rollout(result: CountryResult) -> Picture:
    """Return the roll-out and the headline by month."""
    design = result.loaded.design
    headline = [name for name in design.country.headline if f"{name} without" in result.months][:2]
    figure, panels = figures.sheet(9.5, 3.0, 1, 1 + len(headline), left=0.06, top=0.86, bottom=0.16, wspace=0.3)
    draw.rolled_out(result.months, panels[0])
    here = set(result.regions)
    shocks = {name: s.week for name, s in design.shocks.items() if not s.regions or here & set(s.regions)}
    for axes, measure in zip(panels[1:], headline, strict=True):
        draw.months(result.months, axes, measure=measure, residents=float(result.municipalities["residents"].sum()))
        if MEASURES[measure].better < 0:
            axes.set_ylim(bottom=0)
        draw.mark_shocks(axes, shocks)
    panels[-1].legend(fontsize=7.5, frameon=False, loc="lower left")
    return figure, (
        "Left: people whose district has begun, and money spent. Right: all municipalities together, month by month; "
        "the two lines are one until the first district begins. Thin lines: national shocks."
    )
