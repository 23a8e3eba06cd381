"""Ed-Fi: bulk XML interchanges and the ODS/API, read by the same rules."""
