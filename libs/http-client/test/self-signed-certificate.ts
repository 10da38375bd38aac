/**
 * A certificate for localhost and 127.0.0.1 that nobody trusts, with its key, valid until 2125. For tests only. Made with
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`.
 */
export const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFlhTOYvb9mzp2fz7
JPmUfHzjHt6CDegYpbxmZW63NMWhRANCAASaS7wxd5fveHr0vYxs7UMwyKjpbKW5
4ij52d2CkrEIZjq+SUUWa5dYfsNFvNwZQPWz9Rw0D/K/GGl8Pzf03CE+
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUENupQaAoWLPJ6xUCpP7UDCWRxlYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5MzMzNVoYDzIxMjYxMDI4
MDkzMzM1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASaS7wxd5fveHr0vYxs7UMwyKjpbKW54ij52d2CkrEIZjq+SUUWa5dY
fsNFvNwZQPWz9Rw0D/K/GGl8Pzf03CE+o28wbTAdBgNVHQ4EFgQUk8kBcphhbuaC
+YH6AWAdkWVJuJMwHwYDVR0jBBgwFoAUk8kBcphhbuaC+YH6AWAdkWVJuJMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgdF3AW+BhKLO8ZLjo5vYkPRAEEAZznFeMJOLGHnsb7QECIBY2
CwscPkfyYbDZ8g0rriluIy4tgFxFtp5R0biiU6/R
-----END CERTIFICATE-----
`,
};
