"""Zip containers and the sheet XML in them: opened within limits, read beside calamine, packed alike each time."""
