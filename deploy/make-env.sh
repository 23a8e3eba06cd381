#!/bin/sh
# Write fresh secrets for docker-compose, each service's in a file of its own. Never writes over what is there.
set -eu

cd "$(dirname "$0")"
if [ -e pact.env ]; then
    echo "deploy/pact.env is there already; delete deploy/*.env yourself to get new secrets." >&2
    exit 0
fi

secret() { head -c 48 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }
# Fernet wants exactly 32 bytes.
fernet() { head -c 32 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }

umask 077
database=$(secret)
server="pact:$database@postgres:5432"

cat >postgres.env <<END
POSTGRES_USER=pact
POSTGRES_PASSWORD=$database
POSTGRES_DB=postgres
END

cat >vendor.env <<END
# The print vendor's public SSH key.
VENDOR_PUBLIC_KEYS=
END

cat >pact.env <<END
PACT_DATABASE_URL=postgresql+psycopg://$server/pact
PACT_WAREHOUSE_URL=postgresql+psycopg://$server/warehouse
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=postgresql+psycopg2://$server/airflow
AIRFLOW__CORE__FERNET_KEY=$(fernet)
AIRFLOW__API__SECRET_KEY=$(secret)
AIRFLOW__API_AUTH__JWT_SECRET=$(secret)$(secret)
# Where packages go, when not to the folder that vendor-sftp serves: docs/settings.md, "The vendor's folder".
# PACT_VENDOR_URL=sftp://county@sftp.vendor.example/pact
# PACT_VENDOR_HOST_KEY=ssh-ed25519 AAAA...
# PACT_VENDOR_PRIVATE_KEY=/var/lib/pact/secrets/vendor-sftp
# The mail service's key; without one no email is sent.
# PACT_SENDGRID_KEY=
END
echo "Wrote deploy/pact.env, postgres.env and vendor.env. Keep them out of version control." >&2
