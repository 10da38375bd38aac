import { isIPv6 } from 'node:net';

const NETWORK_GROUPS = 4;

/**
 * The part of an IP address that stands for one sender: all of an IPv4 address, the /64 of an IPv6 address, for
 * whoever has one address there has them all.
 *
 * @param address IPv4 or IPv6, also IPv4 within IPv6 and with a zone
 */
export function addressBlock(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head.split(':').filter(Boolean);
  if (tail !== undefined) {
    const last = tail.split(':').filter(Boolean);
    const zeros = Math.max(0, 2 * NETWORK_GROUPS - groups.length - last.length);
    groups.push(...Array<string>(zeros).fill('0'), ...last);
  }
  return `${groups.slice(0, NETWORK_GROUPS).map(withoutLeadingZeros).join(':')}::/64`;
}

function withoutLeadingZeros(group: string): string {
  return group.replace(/^0+(?=.)/, '');
}
