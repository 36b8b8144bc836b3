"""The workshop: a village seen twice, live in the browser or as one file."""
