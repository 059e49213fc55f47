"""Reads the table of targets from an official annex (plain text, DOCX, XLSX) into rows for a person to confirm."""
