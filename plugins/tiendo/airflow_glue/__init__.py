"""What Airflow loads or asks for: timetable, deadlines, the reviewer's operator, retries, assets, connections.

Nothing here decides anything about figures; no room below ``pages`` imports Airflow or this one.
"""
