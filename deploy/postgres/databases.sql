-- One server, three databases: the operation, the warehouse, Airflow's own.
CREATE DATABASE pact;
CREATE DATABASE warehouse;
CREATE DATABASE airflow;
