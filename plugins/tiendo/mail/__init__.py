"""Mail as a submission: messages in, files landed, answers out. Knows nothing of Airflow."""
