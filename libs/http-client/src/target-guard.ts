import { type LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { parseHttpUrl } from './http-url.js';
import { GLOBAL_UNICAST_IPV6, IPV4_MAPPED, RESERVED_IPV4, RESERVED_IPV6 } from './reserved-ranges.js';

/** Finds every address of a host name; rejects with the resolver's error. */
export type ResolveHost = (hostname: string) => Promise<LookupAddress[]>;

/** Every address behind a target is one that may not be called. Says nothing about the address: that would map our network. */
export class BlockedTargetError extends Error {
  readonly code = 'ERR_BLOCKED_TARGET';

  constructor() {
    super('The target is in a network that may not be called.');
  }
}

const reservedIPv4 = networks(RESERVED_IPV4);
const globalUnicastIPv6 = networks(GLOBAL_UNICAST_IPV6);
const reservedIPv6 = networks(RESERVED_IPV6);
const ipv4Mapped = networks(IPV4_MAPPED);

/**
 * Decides which addresses may be called. Default deny: loopback, private, link-local, metadata, multicast and reserved networks.
 * A host name is judged by its addresses, each time it is resolved ({@link lookup}); nothing is remembered, so a name
 * that changes its mind between two connections (DNS rebinding) is judged again.
 */
export class TargetGuard {
  private readonly allowedIPv4: BlockList;
  private readonly allowedIPv6: BlockList;
  private readonly resolving = new Map<string, Promise<LookupAddress[]>>();

  /**
   * @param allowedCidrs networks opened in spite of the default, such as `10.0.0.0/8` or `::1/128`
   * @param resolve resolver of host names. @defaultValue the operating system's
   * @throws Error when an entry is not in CIDR notation
   */
  constructor(
    allowedCidrs: string[] = [],
    private readonly resolve: ResolveHost = (hostname) => lookup(hostname, { all: true }),
  ) {
    // Two lists, because one BlockList compares an IPv4 address with IPv6 rules too: `::/0` would open 10.0.0.1.
    this.allowedIPv4 = networks(allowedCidrs.filter((cidr) => !cidr.includes(':')));
    this.allowedIPv6 = networks(allowedCidrs.filter((cidr) => cidr.includes(':')));
  }

  /** Whether this IP address must not be called. Anything that is not a plain IP address is blocked. */
  isBlocked(ip: string): boolean {
    switch (isIP(ip)) {
      case 4:
        return reservedIPv4.check(ip, 'ipv4') && !this.allowedIPv4.check(ip, 'ipv4');
      case 6:
        // A zone (fe80::1%eth0) selects an interface of this machine.
        if (ip.includes('%')) return true;
        // BlockList compares a mapped address with IPv4 rules by the IPv4 address inside.
        if (ipv4Mapped.check(ip, 'ipv6')) {
          return reservedIPv4.check(ip, 'ipv6') && !this.allowedIPv4.check(ip, 'ipv6');
        }
        return (
          (!globalUnicastIPv6.check(ip, 'ipv6') || reservedIPv6.check(ip, 'ipv6')) &&
          !this.allowedIPv6.check(ip, 'ipv6')
        );
      default:
        return true;
    }
  }

  /**
   * Checks a URL when it is saved. Host names are not resolved here, since what they resolve to can change at any time.
   * @returns the problem, worded to follow a field's name (`must be …`), or undefined when there is none
   */
  checkUrl(url: string): string | undefined {
    const parsed = parseHttpUrl(url);
    if ('problem' in parsed) return parsed.problem;
    // The parser has turned numeric, hex, octal and full-width hosts into dotted IPv4 by now.
    const host = parsed.url.hostname.replace(/^\[|\]$/g, '');
    const blocked = isIP(host) === 0 ? this.isBlockedLocalhost(host) : this.isBlocked(host);
    return blocked ? 'must not point to a loopback, private or reserved address' : undefined;
  }

  /**
   * Resolves a host name to the addresses that may be called, for the `lookup` option of `net.connect` and `tls.connect`: the
   * address that was judged is the address that is connected to. Blocked addresses are left out; when nothing is
   * left the error is a {@link BlockedTargetError}. Not called by Node when the host is an IP address. Ignores `family`.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.resolveOnce(hostname).then(
      (addresses) => {
        const open = addresses.filter(({ address }) => !this.isBlocked(address));
        const [first] = open;
        if (!first) callback(new BlockedTargetError(), []);
        else if (options.all) callback(null, open);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  /**
   * The `lookup` for a socket to this host: {@link lookup}, with the check that Node does not ask for when the host is an IP address.
   *
   * @param host name or address, without brackets
   * @throws BlockedTargetError when it is an address that may not be called
   */
  lookupFor(host: string): LookupFunction {
    if (isIP(host) !== 0 && this.isBlocked(host)) throw new BlockedTargetError();
    return this.lookup;
  }

  /**
   * Concurrent questions for one name share one answer. libuv runs two `getaddrinfo` at a time: without this, one tenant's dead
   * name server, asked once per connection, would delay the names of all others.
   */
  private resolveOnce(hostname: string): Promise<LookupAddress[]> {
    let answer = this.resolving.get(hostname);
    if (!answer) {
      answer = this.resolve(hostname).finally(() => this.resolving.delete(hostname));
      this.resolving.set(hostname, answer);
    }
    return answer;
  }

  /** `localhost` and names below it always mean loopback (RFC 6761 §6.3). */
  private isBlockedLocalhost(host: string): boolean {
    return /(^|\.)localhost\.?$/.test(host) && this.isBlocked('127.0.0.1') && this.isBlocked('::1');
  }
}

function networks(cidrs: string[]): BlockList {
  const list = new BlockList();
  for (const [index, cidr] of cidrs.entries()) {
    const [address = '', prefix = '', ...rest] = cidr.split('/');
    try {
      if (!/^\d+$/.test(prefix) || rest.length > 0) throw new Error('no prefix length');
      list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
    } catch (cause) {
      throw new Error(`Network ${index + 1} is not in CIDR notation.`, { cause });
    }
  }
  return list;
}
