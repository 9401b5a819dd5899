import { VirtualClock } from '../../../src/base/time/clock.js';
import { SipEndpoint } from '../../../src/line/sip/sip-endpoint.js';
import type { SipEndpointOptions } from '../../../src/line/sip/sip-endpoint-options.js';
import type { IncomingInvite } from '../../../src/line/sip-call/incoming-invite.js';
import type {
  InviteFailure,
  OutgoingInvite,
  OutgoingInviteOptions,
} from '../../../src/line/sip-call/outgoing-invite.js';
import type { SessionEnd } from '../../../src/line/sip-call/session-events.js';
import type { SessionMedia } from '../../../src/line/sip-call/session-host.js';
import type { SipSession } from '../../../src/line/sip-call/sip-session.js';
import { type SipBody, sdpBody } from '../../../src/line/sip-message/body.js';
import { turn } from '../../turns.js';
import { MemoryNetwork } from './memory-network.js';

/** Media that keeps what was agreed on. */
export class Talk implements SessionMedia {
  readonly told: string[] = [];
  readonly #name: string;
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  offer(): SipBody {
    return sdpBody(`offer ${this.#name} ${++this.#count}`);
  }

  answer(offer: SipBody): SipBody {
    this.told.push(`answers ${offer.content}`);
    return sdpBody(`answer ${this.#name} to ${offer.content}`);
  }

  take(answer: SipBody): void {
    this.told.push(`takes ${answer.content}`);
  }
}

/** One end, with all that it is told. */
export class End {
  readonly endpoint: SipEndpoint;
  readonly talk: Talk;
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  invite: IncomingInvite | undefined;
  session: SipSession | undefined;
  failure: InviteFailure | undefined;

  private constructor(name: string, endpoint: SipEndpoint, failures: unknown[]) {
    this.talk = new Talk(name);
    this.endpoint = endpoint;
    this.failures = failures;
  }

  static async open(
    network: MemoryNetwork,
    host: string,
    clock: VirtualClock,
    options: Partial<SipEndpointOptions> & {
      readonly arrives?: (end: End, invite: IncomingInvite) => void;
    } = {},
  ): Promise<End> {
    const { arrives, ...others } = options;
    const failures: unknown[] = [];
    const endpoint = await SipEndpoint.open({
      clock,
      transports: [network.host(host)],
      failed: (error) => failures.push(error),
      onInvite: (invite) => {
        end.invite = invite;
        invite.onCancelled(() => end.told.push('given up'));
        arrives?.(end, invite);
      },
      ...others,
    });
    const end: End = new End(host, endpoint, failures);
    return end;
  }

  call(to: string, options: Partial<OutgoingInviteOptions> = {}): OutgoingInvite {
    const [{ host = '' } = {}] = this.endpoint.addresses;
    return this.endpoint.invite(
      { uri: `sip:bob@${to}`, from: `sip:alice@${host}`, media: this.talk, ...options },
      {
        ...this.events,
        progress: (status, hasMedia) => this.told.push(`${status}${hasMedia ? ' with media' : ''}`),
        answered: (session) => {
          this.session = session;
          this.told.push('answered');
        },
        failed: (failure) => {
          this.failure = failure;
          this.told.push(failure.kind === 'refused' ? `refused ${failure.response.status}` : failure.kind);
        },
      },
    );
  }

  async answer(): Promise<void> {
    this.session = await this.invite?.answer(this.talk, this.events);
  }

  readonly events = {
    ended: ({ by }: SessionEnd) => void this.told.push(`ended ${by}`),
    updated: () => void this.told.push('updated'),
    referred: () => 202,
  };
}

/** Two ends on one network. */
export async function stage(
  options: Parameters<typeof End.open>[3] = {},
  caller: Parameters<typeof End.open>[3] = {},
) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const alice = await End.open(network, '10.0.0.1', clock, caller);
  const bob = await End.open(network, '10.0.0.2', clock, options);
  /** Lets what was begun get on its way, then has time pass. */
  const pass = async (ms: number) => {
    await turn();
    await clock.advance(ms);
    await turn();
  };
  return {
    clock,
    network,
    alice,
    bob,
    pass,
    [Symbol.asyncDispose]: async () => {
      const closing = Promise.all([alice.endpoint.close(), bob.endpoint.close()]);
      await pass(3000);
      await closing;
    },
  };
}
