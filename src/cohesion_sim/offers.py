"""The catalogue of a portfolio file into offers: each entry an intervention, with its doses and terms."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cohesion_sim.fields import RefusedError, admit, hints, show
from cohesion_sim.layers import CATALOGUE, Place
from cohesion_sim.parameters import nearest
from cohesion_sim.portfolio_design import Offer, Terms

if TYPE_CHECKING:
    from cohesion_sim.reading import Reader

OWN = ("from", "doses", *(field.name for field in dataclasses.fields(Terms)))
"""Entries of the catalogue that are no fields of the kind."""
MOST_DOSES = 100


def copied(data: dict[str, Any], where: dict[Place, tuple[int, int]]) -> None:
    """Put what ``from`` names, an intervention of a programme, under the entries of the catalogue that name one."""
    for label, entry in _entries(data):
        programme, _, name = str(entry.get("from", "")).partition(".")
        place = ("programmes", programme, "interventions", name)
        source: Any = data
        for part in place:
            source = source.get(part) if isinstance(source, dict) else None
        if not isinstance(source, dict):
            continue
        for key, value in source.items():
            if key not in entry:
                entry[key] = value
                origin = where.get((*place, key), where.get(place))
                if origin is not None:
                    where.setdefault((*CATALOGUE, label, key), origin)
        del entry["from"]


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    portfolio = data.get("portfolio")
    catalogue = portfolio.get("catalogue") if isinstance(portfolio, dict) else None
    for label, entry in catalogue.items() if isinstance(catalogue, dict) else ():
        if isinstance(entry, dict):
            yield label, entry


def read(reader: Reader, raw: object) -> dict[str, Offer]:
    """Return the offers of a catalogue by name; those that cannot be made are left out, and told."""
    if not isinstance(raw, Mapping) or not raw:
        reader.wrong(CATALOGUE, "nothing can be bought. Write [portfolio.catalogue.NAME] and its entries below")
        return {}
    offers: dict[str, Offer] = {}
    for label, entry in raw.items():
        place = (*CATALOGUE, label)
        reader.label(label, CATALOGUE)
        if isinstance(entry, Mapping) and "from" in entry:
            _unknown_source(reader, entry["from"], (*place, "from"))
            continue
        own = entry if isinstance(entry, Mapping) else {}
        actor = reader.actor("interventions", {k: v for k, v in own.items() if k not in OWN} if own else entry, place)
        terms = Terms(**reader.fields(Terms, {k: v for k, v in own.items() if k in OWN and k != "doses"}, place))
        if actor is not None:
            doses = tuple(_doses(reader, actor, own.get("doses", {}), (*place, "doses")))
            offers[label] = Offer(doses=doses, terms=terms)
    return offers


def _unknown_source(reader: Reader, source: object, place: Place) -> None:
    programmes = reader.entries.get("programmes", {})
    known = [f"{name}.{label}" for name, table in programmes.items() for label in table.get("interventions", {})]
    reader.wrong(place, f"no intervention {show(source)}{nearest(str(source), known)}. Write one that exists")


def _doses(reader: Reader, actor: Any, raw: object, place: Place) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield every combination of the levels of its fields, with the intervention made so."""
    if not isinstance(raw, Mapping):
        reader.wrong(place, f"{show(raw)} is not a table. Write doses = {{ seats = [20, 40] }}")
        return
    cls: type = type(actor)
    known = hints(cls)
    levels: dict[str, list[Any]] = {}
    for name, values in raw.items():
        spot = (*place, name)
        if name not in known:
            reader.wrong(spot, f"unknown name '{name}'{nearest(name, known)}. Correct or remove it")
        elif not isinstance(values, list) or not values:
            reader.wrong(spot, f"{show(values)} is not a list of values. Write {name} = [{show(values)}]")
        else:
            levels[name] = list(_admitted(reader, known[name], values, spot))
    count = 1
    for values in levels.values():
        count *= len(values)
    if count > MOST_DOSES:
        reader.wrong(place, f"{count} doses are too many to look at. Write levels that make at most {MOST_DOSES}")
        return
    for combination in itertools.product(*levels.values()):
        dose = dict(zip(levels, combination, strict=True))
        try:
            yield dose, dataclasses.replace(actor, **dose)
        except Exception as error:  # a kind may check itself in its own way
            reader.wrong(place, f"{show(dose)}: {error or type(error).__name__}")


def _admitted(reader: Reader, hint: Any, values: list[Any], place: Place) -> Iterator[Any]:
    for value in dict.fromkeys(values):
        try:
            yield admit(hint, value, place[-1])
        except RefusedError as refused:
            reader.wrong(place, str(refused))
