import { type Behaviour, DESTINATIONS } from './destinations.js';

/** An endpoint as it is made through the API, and how its receiver behaves. */
export interface ChaosEndpoint {
  /** Number of its application. */
  application: number;
  behaviour: Behaviour;
  /** Retries after the first try: the same for all endpoints. */
  retries: number;
  filter_types?: string[];
  channels?: string[];
  rate_limit_per_second?: number;
}

const endpoint = (application: number, behaviour: Behaviour, settings: Partial<ChaosEndpoint> = {}): ChaosEndpoint => ({
  application,
  behaviour,
  retries: 5,
  ...settings,
});

export const APPLICATIONS = 3;
export const EVENT_TYPES = ['invoice.paid', 'invoice.sent', 'user.made'] as const;
export const CHANNELS = ['eu', 'us'] as const;

/** The endpoints of a run. One that is `dead` is disabled when the faults are over, for behind its circuit a backlog never ends. */
export const ENDPOINTS: readonly ChaosEndpoint[] = [
  endpoint(0, 'fast'),
  endpoint(0, 'fast', { filter_types: ['invoice.*'] }),
  endpoint(0, 'fast', { channels: ['eu'] }),
  endpoint(0, 'flapping'),
  endpoint(1, 'fast', { filter_types: ['user.made'], channels: ['us', 'eu'] }),
  endpoint(1, 'slow'),
  endpoint(1, 'gone'),
  endpoint(1, 'limited', { rate_limit_per_second: 4 }),
  endpoint(2, 'fast'),
  endpoint(2, 'mending'),
  endpoint(2, 'dead'),
  endpoint(2, 'slow', { filter_types: ['invoice.paid', 'user.*'] }),
];

/** Everything that is delivered to, by the number of its receiver: destinations first, then endpoints. Some are disabled at the end. */
export const TARGETS: readonly { behaviour: Behaviour; retries: number; isDisabled: boolean }[] = [
  ...DESTINATIONS.map((destination) => ({ ...destination, isDisabled: false })),
  ...ENDPOINTS.map((target) => ({ ...target, isDisabled: target.behaviour === 'dead' })),
];

/** The number of an endpoint's receiver. */
export const receiverOf = (endpointNumber: number) => DESTINATIONS.length + endpointNumber;

/** What of a message decides who gets it. */
export interface Addressed {
  application: number;
  eventType: string;
  channels: readonly string[];
}

/** Numbers of the endpoints that get a message: told anew, so that the product does not judge itself. */
export function addresseesOf({ application, eventType, channels }: Addressed): number[] {
  const prefix = `${eventType.split('.')[0]}.*`;
  return [...ENDPOINTS.keys()].filter((number) => {
    const { application: own, filter_types: types, channels: wanted } = ENDPOINTS[number] as ChaosEndpoint;
    if (own !== application) return false;
    if (types && !types.includes(eventType) && !types.includes(prefix)) return false;
    return !wanted || wanted.some((channel) => channels.includes(channel));
  });
}
