/** Where a broker listens for AMQP. */
export interface BrokerAddress {
  protocol: 'amqp' | 'amqps';
  /** Name or address, without brackets. */
  hostname: string;
  port: number;
}

const AMQP = /^amqps?:\/\//i;
const PORTS = { amqp: 5672, amqps: 5671 };

export function isAmqp(url: string): boolean {
  return AMQP.test(url);
}

/** @returns what is wrong with the URL, worded to follow the field's name */
export function brokerUrlProblem(url: string, checkUrl: (url: string) => string | undefined): string | undefined {
  if (isAmqp(url)) {
    const path = URL.parse(url)?.pathname ?? '';
    return (
      checkUrl(asHttp(url)) ?? (path.length > 1 ? 'must not have a path: the virtual host is in vhost' : undefined)
    );
  }
  const problem = checkUrl(url);
  return problem?.startsWith('must start with') ? 'must start with https://, http://, amqps:// or amqp://' : problem;
}

/** @param url one that {@link brokerUrlProblem} found nothing wrong with */
export function brokerAddress(url: string): BrokerAddress {
  const protocol = /^amqps:/i.test(url) ? 'amqps' : 'amqp';
  const hostname = new URL(asHttp(url)).hostname.replace(/^\[|\]$/g, '');
  // From the text, because the parser leaves out the ports that HTTP would have.
  const port = /^[^/]*\/\/[^/?#]*?:(\d+)(?=[/?#]|$)/.exec(url)?.[1];
  return { protocol, hostname, port: port ? Number(port) : PORTS[protocol] };
}

/** Hosts are parsed as those of web URLs: numeric and hexadecimal spellings of addresses become addresses. */
function asHttp(url: string): string {
  return url.replace(AMQP, 'http://');
}
