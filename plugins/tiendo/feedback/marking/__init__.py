"""The sender's own workbook with the cells at fault coloured and commented, everything else left as it was.

The parts of the package are edited as bytes: what is not ours is copied, packed as it came.
"""
