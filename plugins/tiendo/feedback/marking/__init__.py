"""The sender's own workbook with the cells at fault coloured and commented, everything else left as it was.

Parts that get marks are edited as trees; all others are copied.
"""
