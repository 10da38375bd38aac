export const HELP = `npm start: hookstream on this machine, with its own PostgreSQL and Redis

Environment variables (all optional):
  PORT                        port of the api (3000; 0 takes a free one)
  HOST                        address the api listens on (127.0.0.1; 0.0.0.0 lets other machines in)
  HOOKSTREAM_DATA_DIR         where everything is kept (.data in the project)
  HOOKSTREAM_API_KEY          first API key, hs_live_<64 hex> (one is made and printed once)
  DATABASE_URL                use this PostgreSQL instead of an own one
  REDIS_URL                   use this Redis instead of an own one
  HOOKSTREAM_KEYRING          keys that seal stored secrets, id:base64,… (one is made and kept in the data directory)
  HOOKSTREAM_PUBLIC_URL       URL under which others reach the api, when it is behind a proxy or tunnel
  HOOKSTREAM_ALLOWED_TARGETS  private networks destinations may be in (127.0.0.0/8,::1/128)
  HOOKSTREAM_TRUSTED_PROXIES  networks of proxies whose X-Forwarded-For is believed (none)
  HOOKSTREAM_MAX_BODY_BYTES   largest webhook accepted (1048576)
  HOOKSTREAM_WORKER_CONCURRENCY  deliveries sent at the same time (1000)
  HOOKSTREAM_ENDPOINT_DISABLE_AFTER_DAYS  days of nothing but failures after which an endpoint is disabled (5; 0 is never)
  LOG_LEVEL                   fatal, error, warn, info, debug, trace or silent (info)
  HOOKSTREAM_LOG_FORMAT       pretty or json (pretty)

Example: PORT=8080 LOG_LEVEL=warn npm start`;
