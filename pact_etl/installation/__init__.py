"""What runs on this machine so that PACT runs: the embedded database, Airflow's processes, secrets.

Knows nothing of districts, students or letters.
"""
