"""A page from a template of the folder ``templates``."""

from __future__ import annotations

from importlib import resources
from typing import Any


def typeset(name: str, **values: Any) -> str:
    """Return the page that the template ``name`` makes of values; all templates share style and parts."""
    import jinja2

    folder = resources.files("cohesion_sim") / "templates"
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(lambda part: (folder / part).read_text(encoding="utf-8")),
    )
    return environment.get_template(name).render(**values)
