"""Calibration: facts of a scenario fitted to local figures; rounds of runs, an emulator, a posterior, a check."""
