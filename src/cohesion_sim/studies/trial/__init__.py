"""Virtual trials: many places lived through in arms, surveyed as a trial would survey them, and estimated likewise.

`worlds` makes the places of one trial and assigns them, `live` lets one place live and asks its people, `analysis`
turns the answers of one trial into estimates, `run` repeats the trial and holds it against what was published.
"""
