"""What only Airflow needs: timetable, deadline reference, service processes, API client.

Nothing here decides anything about figures; no other package of tiendo imports Airflow or this package.
"""
