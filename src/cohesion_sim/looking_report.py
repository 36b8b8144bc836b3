"""The folders that `study sensitivity` and `study discover` leave behind: a readable page, tables, pictures."""

from __future__ import annotations

import json
import platform
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim import figures as draw
from cohesion_sim import looking_answer as told
from cohesion_sim import looking_figures
from cohesion_sim import phrases as say
from cohesion_sim.folder import MADE_BY, appearing, version, versions, write_json
from cohesion_sim.studies import looking
from cohesion_sim.studies.boxes import Limit
from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from cohesion_sim.studies.discovery import Found
    from cohesion_sim.studies.looking import Searched, Weighed
    from cohesion_sim.studies.runs import Plan
    from cohesion_sim.studies.store import Store

Picture = tuple["Figure", str]


def write_weighed(
    store: Store, plan: Plan, found: Sequence[Weighed], left_out: Sequence[str] = (), *, force: bool = False
) -> Path:
    """Write what matters into the folder ``sensitivity`` of a study, complete or not at all, and return its path.

    ``left_out`` are sentences on outcomes of which nothing can be told.

    Raises
    ------
    InputError
        If the folder must not be replaced.
    """
    tables = {"sensitivity": sensitivity_table(plan, found), "luck": luck_table(found)}
    parts = [
        {
            "title": say.capital(looking.in_words(one.outcome)) + _scenario(plan, one.scenario),
            "sentences": told.weighed_sentences(one, plan),
            "name": f"tornado-{number}",
            "size": told.SIZES[one.found.method],
            "rows": _rows(plan, one),
        }
        for number, one in enumerate(found, 1)
    ]
    drawn = {f"tornado-{number}": _tornado(plan, one) for number, one in enumerate(found, 1)}
    if len(found) > 1:
        drawn = {"heat-map": _heat_map(plan, found), **drawn}
    if left_out:
        parts.append({"title": "Left out", "sentences": list(left_out), "name": "", "size": "", "rows": []})
    text = {"heading": "What matters", "parts": parts, "leaves": []}
    return _write(store, plan, "sensitivity", tables, drawn, text, force=force)


def write_searched(store: Store, plan: Plan, one: Searched, *, force: bool = False) -> Path:
    """Write where a programme fails to help into the folder ``discovery`` of a study; otherwise as `write_weighed`."""
    points = one.points[["point", *one.names]].assign(
        gain=one.effects.mean(axis=1), fails=one.found.cases.astype(int)
    )
    tables = {"points": points, "boxes": boxes_table(one)}
    sentences = told.searched_sentences(one, plan)
    drawn = {}
    if (picture := _places(one)) is not None:
        drawn["places"] = picture
    part = {
        "title": f"Where {one.outcome.programme} {told.fails_words(one, plan)}",
        "sentences": sentences,
        "name": "places",
        "size": "",
        "rows": [],
    }
    leaves = [
        {
            "words": told.limits_in_words(leaf.box, one.points),
            "points": f"{leaf.failing} of {leaf.inside}",
            "share": f"{100 * leaf.density:.0f} %" if leaf.inside else "",
            "holds": "yes" if leaf.confirmed else "no",
        }
        for leaf in one.found.tree
    ]
    text = {"heading": "Where it fails to help", "parts": [part], "leaves": leaves}
    return _write(store, plan, "discovery", tables, drawn, text, force=force)


def _write(
    store: Store,
    plan: Plan,
    name: str,
    tables: Mapping[str, DataFrame],
    drawn: Mapping[str, Picture],
    text: Mapping[str, Any],
    *,
    force: bool,
) -> Path:
    """Write page, tables, pictures and manifest."""
    folder = store.folder / name
    with appearing(folder, force=force) as part:
        for table_name, table in tables.items():
            table.to_csv(part / f"{table_name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        svgs = draw.save({key: figure for key, (figure, _) in drawn.items()}, part / "figures")
        shown = {
            key: {"svg": draw.inline(svgs[key], key, caption), "caption": caption}
            for key, (_, caption) in drawn.items()
        }
        page = typeset(
            "looking.html.jinja",
            **text,
            question=plan.experiment.question,
            places=say.joined(list(plan.scenarios)),
            caution=say.CAUTION,
            figures=shown,
            files=[f"{key}.csv" for key in tables],
            design=plan.experiment.design.replace("_", " "),
            points=len(plan.points),
            replications=plan.replications,
            seed=plan.experiment.seed,
            versions=versions(),
            python=platform.python_version(),
        )
        (part / "report.html").write_text(page, encoding="utf-8")
        sentences = [sentence for one in text["parts"] for sentence in one["sentences"]]
        (part / "answer.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")
        manifest = {"made_by": MADE_BY, "verb": f"study {name}", "version": version(), "versions": versions(),
                    "fingerprint": plan.fingerprint(), "seed": plan.experiment.seed}  # fmt: skip
        write_json(part / "manifest.json", manifest)
    return folder


# ----------------------------------------------------------------------------------------------- tables


def sensitivity_table(plan: Plan, found: Sequence[Weighed]) -> DataFrame:
    """Return all indices as one table, a row a scenario, outcome and number."""
    import pandas as pd

    parts = []
    for one in found:
        table = one.found.table.copy()
        where = {"scenario": one.scenario, "measure": one.outcome.measure, "programme": one.outcome.programme,
                 "outcome": "level" if one.outcome.level else "effect", "method": one.found.method}  # fmt: skip
        for place, (name, value) in enumerate(where.items()):
            table.insert(place, name, value)
        table.insert(6, "range", [one.ranges[name] for name in table["number"]])
        table["meaning"] = [looking.meaning(plan, name)[0] for name in table["number"]]
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def luck_table(found: Sequence[Weighed]) -> DataFrame:
    """Return the variances of every outcome: of the mean response, of luck, and both as shares."""
    import pandas as pd

    rows = []
    for one in found:
        spread = one.found.spread
        rows.append(
            {
                "scenario": one.scenario, "measure": one.outcome.measure, "programme": one.outcome.programme,
                "outcome": "level" if one.outcome.level else "effect", "points": spread.points,
                "replications": spread.replications, "variance_of_response": spread.response,
                "response_low": spread.low, "response_high": spread.high, "variance_of_luck": spread.luck,
                "luck_share_of_a_run": spread.luck_share, "luck_share_of_the_means": spread.left,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def boxes_table(one: Searched) -> DataFrame:
    """Return every box and leaf, a row a limit, with what is known of it."""
    import pandas as pd

    rows = []
    kinds = (("box", one.found.boxes), ("not confirmed", one.found.refused), ("leaf of the tree", one.found.tree))
    for kind, many in kinds:
        for number, found in enumerate(many, 1):
            for name, limit in found.box.limits.items():
                rows.append({"kind": kind, "number": number, "name": name, **_limit(found, name, limit)})
    columns = [
        *("kind", "number", "name", "low", "high", "values", "quasi_p", "points", "failing", "density", "overall"),
        *("coverage", "worse", "worse_low", "worse_high", "p", "p_luck", "unclear", "all_points", "all_failing"),
    ]
    return pd.DataFrame(rows, columns=[*columns, "confirmed"])


def _limit(found: Found, name: str, limit: Limit) -> dict[str, Any]:
    return {
        "low": limit.low, "high": limit.high, "values": json.dumps(limit.values) if limit.values else "",
        "quasi_p": found.box.p.get(name, np.nan), "points": found.inside, "failing": found.failing,
        "density": found.density, "overall": found.overall, "coverage": found.coverage, "worse": found.worse,
        "worse_low": found.worse_low, "worse_high": found.worse_high, "p": found.p, "p_luck": found.p_luck,
        "unclear": found.unclear, "all_points": found.everywhere[0], "all_failing": found.everywhere[1],
        "confirmed": found.confirmed,
    }  # fmt: skip


def _rows(plan: Plan, one: Weighed) -> list[dict[str, str]]:
    """Return the rows of one outcome as text."""
    rows = []
    for _, row in one.found.table.iterrows():
        digits = say.plain_digits(*(float(row[name]) for name in ("change", "change_low", "change_high")))
        share = one.found.method != "morris"
        size = [100 * float(row[name]) if share else float(row[name]) for name in ("size", "size_low", "size_high")]
        places = 0 if share else say.decimals(abs(size[0]))
        rows.append(
            {
                "number": str(row["number"]),
                "meaning": looking.meaning(plan, str(row["number"]))[0],
                "range": one.ranges[str(row["number"])],
                "change": say.number(row["change"], digits, sign=True),
                "change_interval": say.span(row["change_low"], row["change_high"], digits),
                "size": say.number(size[0], places) + (" %" if share and np.isfinite(size[0]) else ""),
                "size_interval": f"{say.number(size[1], places)} to {say.number(size[2], places)}"
                if np.isfinite(size[1])
                else "",
                "beyond_luck": "yes" if row["clear"] else "no",
            }
        )
    return rows


# --------------------------------------------------------------------------------------------- pictures


def _tornado(plan: Plan, one: Weighed) -> Picture:
    """Return the tornado of one outcome."""
    many = min(len(one.found.table), looking_figures.MOST)
    height = 1.1 + 0.36 * many
    figure, panels = draw.sheet(9.5, height, top=0.99, bottom=0.6 / height)
    unit = told.unit_of(one.outcome, plan)
    looking_figures.tornado(one.found.table, panels[0], unit=unit, titles=lambda name: _title(plan, name))
    draw.make_room(figure, panels[0])
    how = (
        "when the number goes from the low to the high end of its range"
        if one.found.method == "morris"
        else "between the lower and the upper fifth of the range of the number"
    )
    return figure, (
        f"How {looking.in_words(one.outcome)} changes{_scenario(plan, one.scenario)} {how}, with 95 % intervals. "
        f"Blue: up; brown, hatched: down; hollow: not told from luck. Sorted by {told.SIZES[one.found.method]}."
    )


def _heat_map(plan: Plan, found: Sequence[Weighed]) -> Picture:
    """Return which number matters for which outcome."""
    import pandas as pd

    parts = []
    for one in found:
        table = one.found.table[["number", "change", "clear"]].copy()
        size = one.found.table["size"].clip(lower=0).fillna(0.0)
        table["share"] = size / (size.max() or 1.0)
        table["outcome"] = looking.in_words(one.outcome) + _scenario(plan, one.scenario)
        parts.append(table)
    rows, columns = len(found), len(plan.paths)
    height, width = 1.3 + 0.42 * rows, max(6.0, min(3.0 + 0.55 * columns, 14.0))
    figure, panels = draw.sheet(width, height, left=2.3 / width, top=0.97, bottom=1.15 / height)
    looking_figures.heat_map(pd.concat(parts), panels[0], titles=_short)
    return figure, (
        "Which number matters for which outcome: per cent of the weightiest number of the row, the darker the more, "
        "with the direction in which the outcome goes when the number rises. A dot: not told from luck."
    )


def _places(one: Searched) -> Picture | None:
    """Return the points over the two things that the first box limits, or else those of the tree."""
    boxes = [*one.found.boxes, *one.found.tree]
    numbers = [name for name in one.names if one.points[name].dtype.kind in "fiu"]
    limited = [name for found in boxes for name in found.box.limits if name in numbers]
    names = list(dict.fromkeys([*limited, *numbers]))[:2]
    if len(names) < 2:
        return None
    figure, panels = draw.sheet(7.0, 4.6, left=0.11, top=0.93, bottom=0.12)
    x, y = (one.points[name].to_numpy(float) for name in names)
    box = None
    if one.found.boxes and numbers:
        limits = one.found.boxes[0].box.limits
        first, second = (limits.get(name, Limit()) for name in names)
        box = ((first.low, first.high), (second.low, second.high))
    looking_figures.places(x, y, one.found.cases, panels[0], names=names, box=box)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="upper right", ncols=2, fontsize=8, frameon=False)
    caption = "All points over two of the things that vary; crosses: it fails to help, going by the mean."
    return figure, caption + (" The frame is the first region found." if box else " No region was confirmed.")


def _title(plan: Plan, name: str) -> str:
    """Return what a number is called beside a bar: its meaning, and under it its path."""
    words = looking.meaning(plan, name)[0]
    return f"{textwrap.shorten(words, 44, placeholder=' …')}\n{name}" if words else name


def _short(path: str) -> str:
    return ".".join(path.split(".")[-2:]).replace("_", " ")


def _scenario(plan: Plan, name: str) -> str:
    return f" in {name}" if len(plan.scenarios) > 1 else ""
