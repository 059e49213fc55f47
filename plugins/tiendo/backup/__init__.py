"""An installation saved at one instant, and brought back onto a machine that has nothing."""
