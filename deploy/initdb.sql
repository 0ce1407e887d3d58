-- The four logins and the database, made by psql as a superuser; the same again changes nothing but
-- the passwords. Each password is the content of a file in $PASSWORDS: none is ever an argument,
-- which everybody on the machine could read.
--
--   PASSWORDS=/etc/engage/passwords psql --dbname=postgres --file=deploy/initdb.sql
--
-- `engage migrate` gives the logins their rights, as the owner; here they only come to be.

\set ON_ERROR_STOP on
\set QUIET on
\set owner_password `cat "$PASSWORDS/owner_password"`
\set app_password `cat "$PASSWORDS/app_password"`
\set worker_password `cat "$PASSWORDS/worker_password"`
\set auditor_password `cat "$PASSWORDS/auditor_password"`

-- An empty password is one that nobody has set.
SELECT length(:'owner_password') < 16 OR length(:'app_password') < 16
    OR length(:'worker_password') < 16 OR length(:'auditor_password') < 16 AS too_short \gset
\if :too_short
    \warn 'A password is missing or has fewer than 16 characters: see deploy/make-secrets.sh.'
    SELECT 1 / 0 AS stop;
\endif

SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['engage_owner', 'engage_app', 'engage_worker', 'engage_auditor']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE engage_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'owner_password';
ALTER ROLE engage_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'app_password';
ALTER ROLE engage_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'worker_password';
ALTER ROLE engage_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'auditor_password';

SELECT 'CREATE DATABASE engage OWNER engage_owner TEMPLATE template0 ENCODING ''UTF8'''
    ' LOCALE_PROVIDER libc LOCALE ''C'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'engage') \gexec

REVOKE ALL ON DATABASE engage FROM PUBLIC;
GRANT CONNECT ON DATABASE engage TO engage_owner, engage_app, engage_worker, engage_auditor;
