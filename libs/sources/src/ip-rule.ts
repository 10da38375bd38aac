import { BlockList, isIP, isIPv6 } from 'node:net';

/** Says why an address may not send, or nothing. */
export type IpRule = (address: string | null) => string | undefined;

/** Whether the text is an address or a CIDR block, IPv4 or IPv6. */
export function isAddressBlock(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (rest.length > 0 || isIP(address) === 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32));
}

/**
 * Denied first, then allowed; an empty allow list allows everyone.
 *
 * @param allowed addresses and CIDR blocks
 * @param denied addresses and CIDR blocks
 */
export function ipRule(allowed: string[], denied: string[]): IpRule {
  if (allowed.length === 0 && denied.length === 0) return () => undefined;
  const allowList = blockList(allowed);
  const denyList = blockList(denied);
  const within = (list: BlockList, address: string) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return (address) => {
    if (address === null || isIP(address) === 0) return 'The sender has no IP address';
    if (within(denyList, address)) return 'IP is in deny list';
    if (allowed.length > 0 && !within(allowList, address)) return 'IP is not in allow list';
    return undefined;
  };
}

function blockList(blocks: string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', bits] = block.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}
