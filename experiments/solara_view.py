"""Mesa's own viewer on the model, for researchers who know it; the page for villages is `cohesion-sim workshop`.

    pip install "solara>=1.40,<2" "ipyvue<2" "ipyvuetify<2" altair
    solara run experiments/solara_view.py

The pins are needed: newer ipyvue and ipyvuetify do not go with the assets of solara 1. It asks the internet for its
scripts (`pip install solara-assets` keeps them here), shows about two frames a second, and all browsers that look on
share one model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter
from solara import FigureMatplotlib, component

from cohesion_sim.files import load_scenario
from cohesion_sim.model import CohesionModel
from cohesion_sim.population import attitude_to_others
from cohesion_sim.workshop.layout import layout

SCENARIO = "yuryevka"


@component
def village(model: CohesionModel) -> None:
    """Draw everybody where the workshop's map has them, in the colour of the attitude to others."""
    from matplotlib.figure import Figure

    update_counter.get()
    people = model.start.people
    place = layout(model.scenario, people)
    attitude = attitude_to_others(model.state.attitude, people.community, model.start.out_weights)
    asked = model.start.asked
    figure = Figure(figsize=(7, 7))
    axes = figure.subplots()
    dots = axes.scatter(place.x[asked], place.y[asked], c=attitude[asked], s=4, cmap="PuOr", vmin=0, vmax=1)
    figure.colorbar(dots, label="attitude to others")
    axes.set(xticks=[], yticks=[], title=f"week {model.week}; mean {np.mean(attitude[asked]):.3f}")
    axes.invert_yaxis()
    FigureMatplotlib(figure)


def parameters() -> dict[str, Any]:
    """Return what the viewer lets one choose."""
    programmes = [name for name in load_scenario(SCENARIO).programmes if name != "nothing"]
    return {
        "scenario": SCENARIO,
        "programme": {"type": "Select", "value": "project", "values": ["nothing", *programmes], "label": "programme"},
        "rng": {"type": "SliderInt", "value": 1, "min": 0, "max": 100, "step": 1, "label": "seed"},
    }


page = SolaraViz(
    CohesionModel(SCENARIO, "project", rng=1),
    components=[village, make_plot_component(["violent", "settled"]), make_plot_component(["attitude", "trust"])],
    model_params=parameters(),
    name="Modelled on a municipality, not data of it",
)
