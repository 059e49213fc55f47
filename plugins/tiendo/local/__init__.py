"""One machine: Airflow's services under a supervisor, and the replay of a year through them."""
