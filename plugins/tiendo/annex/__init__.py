"""Reads the table of targets from an official annex (plain text, DOCX, XLSX, PDF) into rows for a person to confirm."""
