/**
 * From the tests of github:svix/svix-webhooks (server worker.rs and core/types/mod.rs; the libraries for JavaScript, Go and
 * Python) @ 4fc0cfb8 (MIT). The valid ones were verified again with npm standardwebhooks 1.1.1, npm svix 2.0.0 and node:crypto.
 */
export const STANDARD_WEBHOOKS_VECTORS = {
  sign: {
    hmac: {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    ed25519: {
      secret: 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
      public: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
      signature: 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    },
  },
  /** Verifies as it stands, and with the valid one last. */
  multiSigHeader:
    'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= <VALID> ' +
    'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=',
  secretInvalid: [
    'w',
    'whsec_%',
    'whsec_wronglength',
    'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
    'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kv',
    'hwsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'whsec_V09IYXZUaFJoSnFobnpJQkpPMXdpdGFNWnJsRzAxdXZCeTVndVpwRmxSSXFsc0oyYzBTRWRUekJhYnlaZ0JSRGNPQ3BGZG1xYjFVVmRGQ3UK',
  ],
  secretValid: [
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'whsec_TUdfVE5UMnZlci1TeWxOYXQtX1ZlTW1kLTRtMFdhYmEwanIxdHJvenRCbmlTQ2hFdzBnbHhFbWdFaTJLdzQwSA==',
  ],
  /** Milliseconds from now; undefined for none. */
  retryAfter: [
    ['120', 120_000],
    ['120.1', 121_000],
    ['120.6', 121_000],
    ['120.0', 120_000],
    ['invalid', undefined],
    [undefined, undefined],
  ],
  retryAfterDate: 'Wed, 21 Oct 2015 07:28:00 GMT',
} as const;
