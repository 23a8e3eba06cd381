"""Ask Airflow's API server how a component is: `is_healthy.py scheduler`. Exit code 0 means healthy."""

import json
import sys
import urllib.request

HEALTH = "http://api-server:8080/api/v2/monitor/health"

if __name__ == "__main__":
    with urllib.request.urlopen(HEALTH, timeout=10) as answer:
        status = json.load(answer)[sys.argv[1]]["status"]
    sys.exit(status != "healthy")
