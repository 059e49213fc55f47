"""Mail that we send: who we are, what waits in the queue, what did not arrive. Knows nothing of Airflow."""
