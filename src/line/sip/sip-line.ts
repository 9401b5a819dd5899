import { randomBytes } from 'node:crypto';
import {
  callback,
  checkArgument,
  checkOptions,
  having,
  listOf,
  type Rules,
  words,
} from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { FencedEmitter } from '../../base/listener/fenced-emitter.js';
import { issuesText } from '../../base/request-error.js';
import { bareHost } from '../../base/system/host-address.js';
import type { CancelTimer } from '../../base/time/clock.js';
import type { AttemptOrigin, Destination } from '../../switch/attempt.js';
import { type Identity, phoneIdentity } from '../../switch/identity.js';
import type { IncomingCalls, Line } from '../../switch/line.js';
import type { CallMedia } from '../sip-call/call-media.js';
import type { IncomingInvite } from '../sip-call/incoming-invite.js';
import { type OutgoingHost, SipDestination } from '../sip-call/outgoing-call.js';
import { replaced } from '../sip-call/replaces.js';
import type { SipLeg } from '../sip-call/sip-leg.js';
import { followRefer } from '../sip-call/sip-transfer.js';
import { readUri } from '../sip-message/address.js';
import { identityOf } from '../sip-message/caller-identity.js';
import { writeMessage } from '../sip-message/sip-message.js';
import { type SipResolver, systemResolver } from '../sip-transport/resolve.js';
import type { SipCounts } from '../sip-transport/transaction-layer.js';
import type { TracedMessage } from '../sip-transport/watched-flow.js';
import { IncomingDesk } from './incoming-desk.js';
import { LineLimits, type SipRefusals } from './line-limits.js';
import { openLineMedia } from './line-media.js';
import { portsOf } from './line-ports.js';
import { optionsRequest } from './options-request.js';
import { OutgoingRoutes } from './outgoing-routes.js';
import { Registrar } from './registrar.js';
import { Registration } from './registration.js';
import { SipEndpoint } from './sip-endpoint.js';
import type { SipEndpointOptions, SipListening } from './sip-endpoint-options.js';
import type { SipLineEvents, SipProbe } from './sip-line-events.js';
import {
  checkedHeaders,
  type SipLineOptions,
  type SipLineSettings,
  sipLineSchema,
} from './sip-line-options.js';
import { StrangerGate } from './stranger-gate.js';
import { tariffOf } from './tariff-table.js';
import { TrustedPeers } from './trusted-peers.js';

/** Parts of a line that the program supplies. */
export interface SipLineParts {
  /** Looks up host names. Default: the resolver of the system. */
  readonly resolver?: SipResolver;
  /**
   * Makes headers for one outgoing call, such as `X-Account`, in addition to those of the option `headers`. It gets the
   * handle of the caller and the number called. An invalid header name, or a header that the line sets itself, fails
   * the call.
   */
  readonly headersFor?: (call: {
    readonly caller: string;
    readonly number: string;
  }) => Readonly<Record<string, string>>;
  /** Transports in place of the ports. @internal */
  readonly transports?: SipEndpointOptions['transports'];
}

const PARTS: Rules<SipLineParts> = {
  resolver: having('naptr', 'srv', 'addresses'),
  headersFor: callback,
  transports: listOf(callback, 1),
};
const INCOMING = having('place', 'failed');

/**
 * Makes a line to real phones: through a trunk, through an account at a provider, or to phones that register here. It
 * opens when it is added to an exchange (`exchange.addLine`).
 *
 * @throws ERR_INVALID_ARG, which names the fields that are wrong.
 */
export function sipLine(options: SipLineOptions, parts: SipLineParts = {}): SipLine {
  checkOptions(parts, PARTS);
  const read = sipLineSchema.safeParse(options);
  if (read.success) return new SipLine(read.data, parts);
  throw invalidArgument('options', `those of a SIP line (${issuesText(read.error.issues)})`, options);
}

/** Line over SIP and RTP. */
export class SipLine extends FencedEmitter<SipLineEvents> implements Line {
  readonly name: string;
  readonly #settings: SipLineSettings;
  readonly #parts: SipLineParts;
  readonly #trusted = new TrustedPeers();
  readonly #legs = new Set<SipLeg>();
  readonly #contactUser = randomBytes(6).toString('hex');
  #open: OpenParts | undefined;

  /** @internal */
  constructor(settings: SipLineSettings, parts: SipLineParts) {
    super();
    const { name, trunk, account } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.name = name ?? trunk?.uri ?? account?.address ?? 'sip:phones';
  }

  /** Addresses and ports that it listens on, with the transport of each. */
  get addresses(): readonly SipListening[] {
    return this.#open?.endpoint.addresses ?? [];
  }

  /** Counts of refused calls and registrations, by reason. */
  get refusals(): Readonly<SipRefusals> {
    return this.#opened.limits.refusals;
  }

  /** Counts of SIP messages that were received, refused or lost. */
  get counts(): Readonly<SipCounts> {
    return this.#opened.endpoint.counts;
  }

  /** Users of the phones that are registered. */
  get registered(): readonly string[] {
    return this.#open?.registrar?.users ?? [];
  }

  /** Number of calls now, including those that are being set up. */
  get calls(): number {
    return this.#open?.limits.calls ?? 0;
  }

  /** Opens the ports, and registers when the line has an account. @throws ERR_PORT, ERR_FILE, ERR_INVALID_ARG */
  async open(incoming: IncomingCalls): Promise<void> {
    checkArgument('incoming', incoming, INCOMING);
    const settings = this.#settings;
    const { clock } = incoming;
    const { phones, realm, limits, advertised } = settings;
    const { resolver, transports } = this.#parts;
    const registrar = phones.length > 0 ? new Registrar(clock, realm, phones, settings.digest) : undefined;
    const desk = new IncomingDesk({
      settings,
      incoming,
      registrar,
      trusted: this.#trusted,
      limits: new LineLimits(limits, clock),
      contactUser: this.#contactUser,
      legs: this.#legs,
      gate: new StrangerGate(clock, limits.requestsPerSecond),
      openMedia: () => this.#openMedia(),
      legHost: () => this.#host,
      refused: (status, why, from) => this.emit('refused', status, why, from),
      called: (call) => this.emit('call', call),
    });
    const endpoint = await SipEndpoint.open({
      clock,
      ports: transports ? {} : await portsOf(settings),
      ...(transports && { transports }),
      ...(advertised !== undefined && { advertised }),
      ...(resolver && { resolver }),
      sessionTimes: { expiresSeconds: settings.sessionSeconds },
      admits: (request, flow) => desk.admits(request, flow),
      onInvite: (invite: IncomingInvite) => desk.take(invite),
      onRequest: (request, flow) =>
        request.method === 'REGISTER' ? desk.register(request, flow) : undefined,
      trace: () => (this.listenerCount('wire') > 0 ? this.#show : undefined),
      failed: (error) => incoming.failed(error),
    });
    this.#open = {
      endpoint,
      desk,
      limits: desk.limits,
      registrar,
      routes: new OutgoingRoutes({
        settings,
        contactUser: this.#contactUser,
        endpoint,
        registrar,
        limits: desk.limits,
      }),
      incoming,
      registration: undefined,
      isThere: true,
      cancelProbe: () => undefined,
    };
    await this.#trust();
    await this.#register();
    this.#keepAlive();
  }

  lineTo(number: string): Destination | undefined {
    checkArgument('number', number, words);
    const settings = this.#settings;
    const { limits, routes, isThere } = this.#opened;
    const phone = this.ownTo(number);
    if (phone) return phone;
    if (!settings.trunk && !settings.account) return undefined;
    const identity = phoneIdentity(number);
    if (!isThere) return failing(identity, 'no-route', 'The trunk does not answer');
    const tariff = tariffOf(settings.tariffs, number);
    if (!limits.allows(number, tariff))
      return failing(identity, 'not-authorized', 'The line does not allow this number');
    const way = routes.towards(number);
    return new SipDestination(this.#host, {
      identity,
      tariff,
      options: ({ origin }) => ({ ...routes.from(origin, this.#headersFor(origin, number)), ...way }),
    });
  }

  /** Finds the phone with this number among those that register here. */
  ownTo(number: string): Destination | undefined {
    checkArgument('number', number, words);
    const { routes } = this.#opened;
    const phone = this.#settings.phones.find((each) => each.number === number);
    if (!phone) return undefined;
    const identity = phoneIdentity(number);
    const way = routes.toPhone(phone.user);
    if (!way) return failing(identity, 'offline', 'The phone is not registered');
    return new SipDestination(this.#host, {
      identity,
      tariff: undefined,
      options: ({ origin }) => ({ ...routes.within(origin, this.#headersFor(origin, number)), ...way }),
    });
  }

  /** Sends OPTIONS to the trunk or the provider. Any answer shows that it can be reached. */
  async probe(): Promise<SipProbe> {
    const { endpoint, incoming, routes } = this.#opened;
    const { uri, proxy } = routes.towards('');
    const target = uri.replace(/:@/, ':');
    const request = optionsRequest(target, routes.from({ caller: NOBODY }).from);
    const startedAt = incoming.clock.now();
    const outcome = await endpoint.request(request, { hop: proxy ?? target }, routes.credentials);
    const ms = incoming.clock.now() - startedAt;
    if ('failure' in outcome) return { status: undefined, text: `No answer (${outcome.failure})`, ms };
    const { status, reason } = outcome.response;
    return { status, text: `${status} ${reason}`, ms };
  }

  /** Removes the registration and closes the ports. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.cancelProbe();
    await open?.registration?.close();
    await open?.endpoint.close();
  }

  readonly #show = ({ direction, message, flow }: TracedMessage): void => {
    const text = writeMessage(message).toString('latin1');
    this.emit('wire', { direction, transport: flow.kind, remote: flow.remote, text });
  };

  get #opened(): OpenParts {
    if (!this.#open)
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `The line ${this.name} is not open: add it to an exchange.`,
      );
    return this.#open;
  }

  /** The part of the line that its calls use. */
  get #host(): OutgoingHost {
    const { endpoint, limits, incoming, routes } = this.#opened;
    return {
      openMedia: () => this.#openMedia(),
      invite: (options, events) => {
        const invite = endpoint.invite(options, events);
        const partner = identityOf({ name: '', uri: options.uri, params: new Map() }, undefined);
        this.emit('call', { direction: 'out', callId: invite.callId, partner, headers: {} });
        return invite;
      },
      admit: (call) => limits.admit(call, 'out'),
      become: (call, next) => limits.become(call, next),
      release: (call) => limits.release(call),
      begun: (leg, tariff) => {
        this.#legs.add(leg);
        limits.charge(leg, tariff, () => leg.cutOff());
      },
      over: (leg) => {
        this.#legs.delete(leg);
        limits.release(leg);
      },
      failed: (error) => incoming.failed(error),
      referred: (leg, request) =>
        this.#settings.transfers
          ? followRefer(
              {
                ...this.#host,
                wayTo: (...target) => routes.wayTo(...target),
                callOf: (replaces) => {
                  const call = replaced(replaces, this.#legs);
                  return call === 'unknown' ? undefined : call;
                },
              },
              leg,
              request,
            )
          : 603,
    };
  }

  #headersFor({ caller }: AttemptOrigin, number: string): Readonly<Record<string, string>> {
    const { headersFor } = this.#parts;
    return headersFor ? checkedHeaders(headersFor({ caller: caller.handle, number })) : {};
  }

  /** Probes the trunk repeatedly, `keepAliveSeconds` apart. */
  #keepAlive(): void {
    const { keepAliveSeconds } = this.#settings;
    const open = this.#open;
    if (!open || keepAliveSeconds === 0) return;
    const { clock } = open.incoming;
    open.cancelProbe = clock.timerAt(clock.now() + keepAliveSeconds * 1000, async () => {
      const { status } = await this.probe();
      const isThere = status !== undefined && status !== 503;
      if (this.#open !== open) return;
      if (isThere !== open.isThere) this.emit('reachable', isThere);
      open.isThere = isThere;
      this.#keepAlive();
    });
  }

  /** Adds the addresses of the trunk to the trusted peers. */
  async #trust(): Promise<void> {
    const { trunk } = this.#settings;
    if (!trunk) return;
    for (const each of trunk.addresses) this.#trusted.add(each);
    const host = bareHost(readUri(trunk.uri)?.host ?? '');
    this.#trusted.add(host);
    const resolver = this.#parts.resolver ?? systemResolver;
    if (!/^[\d.]+$|:/.test(host)) for (const each of await resolver.addresses(host)) this.#trusted.add(each);
  }

  async #register(): Promise<void> {
    const { account } = this.#settings;
    const open = this.#open;
    if (!account || !open) return;
    const registrar = account.registrar ?? account.address.replace(/^(sips?:)[^@]*@/i, '$1');
    const registration = new Registration(
      open.endpoint,
      {
        registrar,
        address: account.address.replace(/;.*/s, ''),
        credentials: open.routes.credentials,
        contactUser: this.#contactUser,
        expiresSeconds: account.expiresSeconds,
        ...(account.proxy !== undefined && { proxy: account.proxy }),
      },
      (state) => {
        const { registrarAddress } = registration;
        if (registrarAddress) this.#trusted.add(registrarAddress.host);
        this.emit('registration', state);
      },
    );
    open.registration = registration;
    await registration.start();
  }

  #openMedia(): Promise<CallMedia> {
    const { endpoint, incoming } = this.#opened;
    return openLineMedia(this.#settings, endpoint, incoming.clock);
  }
}

const NOBODY: Identity = { handle: 'jackfield', fullName: '', network: 'P2P' };

interface OpenParts {
  readonly endpoint: SipEndpoint;
  readonly desk: IncomingDesk;
  readonly limits: LineLimits;
  readonly registrar: Registrar | undefined;
  readonly routes: OutgoingRoutes;
  readonly incoming: IncomingCalls;
  registration: Registration | undefined;
  /** False when the trunk did not answer the last probe, or answered it with 503. */
  isThere: boolean;
  cancelProbe: CancelTimer;
}

function failing(
  identity: Identity,
  reason: 'offline' | 'not-authorized' | 'no-route',
  text: string,
): Destination {
  return { identity, arrive: (attempt) => attempt.decline({ kind: 'failed', reason, text }) };
}
