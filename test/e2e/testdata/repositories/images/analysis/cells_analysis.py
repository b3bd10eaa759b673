"""The team's own package, which the image of the notebooks has."""

ANSWER = 42
