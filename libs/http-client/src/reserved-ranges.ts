/**
 * IPv4 networks a webhook has no business in.
 * Source: IANA IPv4 Special-Purpose Address Registry (every entry that is not globally reachable), plus multicast and Azure's WireServer.
 */
export const RESERVED_IPV4 = [
  '0.0.0.0/8', // "this network"; Linux connects 0.0.0.0 to loopback
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; Alibaba's metadata is 100.100.100.200
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure WireServer: a public number, answered by the host
  '169.254.0.0/16', // link-local, metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments; Oracle's metadata is 192.0.0.192
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];

/**
 * The only IPv6 space IANA hands out to networks. Everything else is loopback, unique local, link-local, multicast, NAT64
 * (`64:ff9b::/96` can carry a private IPv4 address), discard or not assigned.
 */
export const GLOBAL_UNICAST_IPV6 = ['2000::/3'];

/** Exceptions inside {@link GLOBAL_UNICAST_IPV6}. Source: IANA IPv6 Special-Purpose Address Registry. */
export const RESERVED_IPV6 = [
  '2001::/23', // IETF protocol assignments: Teredo (carries an IPv4 address), benchmarking, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4 (carries an IPv4 address)
  '3fff::/20', // documentation
];

/** IPv4-mapped IPv6 addresses: the kernel connects them over IPv4. */
export const IPV4_MAPPED = ['::ffff:0:0/96'];
