"""Tiendo: from department workbooks to a published, traceable quarterly report. Importable without Airflow."""
