"""What a browser shows, behind Airflow's login."""
