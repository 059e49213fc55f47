"""Editions: the frozen figures of a period and their renderings (DOCX, XLSX, HTML, CSV, Parquet, PDF)."""
