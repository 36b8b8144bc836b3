"""The workshop: a municipality lived twice, as frames to look at, live or in one file."""
