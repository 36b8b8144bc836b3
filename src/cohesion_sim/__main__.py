"""``python -m cohesion_sim`` is the command ``cohesion-sim``."""

from cohesion_sim.cli import main

if __name__ == "__main__":
    main()
