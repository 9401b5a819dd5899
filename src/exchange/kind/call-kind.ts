import { entryOf } from '../../base/entry-of.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { splitList } from '../../protocol/scanner.js';
import { isTerminalCallStatus } from '../../protocol/status/call-status.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { isDtmf } from '../api/digits.js';
import { destinationOf } from '../api/place-call.js';
import { Refusal } from '../api/refusal.js';
import type { Services } from '../api/services.js';
import type { UserCall } from '../calls/user-call.js';
import { alterVideo, VIDEO_ACTIONS, type VideoAction } from '../calls/video.js';
import type { ApiObject } from '../object/api-object.js';
import { type Action, type Asking, kindOf } from '../object/object-kind.js';
import { streamActions } from './stream-actions.js';

/** A call that a command names. */
interface Found {
  readonly object: ApiObject<'CALL'>;
  /** Undefined where the call is over. */
  readonly call: UserCall | undefined;
}

type CallFilter = (call: ApiObject<'CALL'>) => boolean;

const isIncoming: CallFilter = (call) => call.get('TYPE')?.startsWith('INCOMING') ?? false;
const isActive: CallFilter = (call) => !isTerminalCallStatus(call.get('STATUS') ?? '');
const isMissed: CallFilter = (call) =>
  call.get('STATUS') === 'MISSED' && isIncoming(call) && call.get('SEEN') !== 'TRUE';

/** Calls that `CLEAR CALLHISTORY` can remove. */
const HISTORIES: Readonly<Record<string, CallFilter>> = {
  ALL: () => true,
  MISSED: (call) => call.get('STATUS') === 'MISSED',
  INCOMING: isIncoming,
  OUTGOING: (call) => !isIncoming(call),
};

/** Matches all calls with every user. A wrapper sends `CLEAR CALLHISTORY ALL ALL` by default (observed). */
const EVERYONE = 'ALL';

/** The CALL object (reference, "CALL object", "ALTER CALL"). */
export const callKind = kindOf<'CALL', Found>({
  object: 'CALL',
  find({ services: { calls }, user }, id) {
    const object = calls.objects.of(user, id);
    return object && { object, call: calls.activeOf(user, id) };
  },
  value: ({ object }, property) => object.get(property),
  defaults: {
    TARGET_IDENTITY: '',
    CONF_ID: '0',
    VIDEO_STATUS: 'VIDEO_NONE',
    VIDEO_SEND_STATUS: 'NOT_AVAILABLE',
    VIDEO_RECEIVE_STATUS: 'NOT_AVAILABLE',
    FAILUREREASON: '0',
    SUBJECT: '',
    PSTN_NUMBER: '',
    DURATION: '0',
    PSTN_STATUS: '',
    CONF_PARTICIPANTS_COUNT: '0',
    VM_DURATION: '0',
    VM_ALLOWED_DURATION: '0',
    RATE: '0',
    RATE_CURRENCY: 'EUR',
    RATE_PRECISION: '2',
    INPUT: 'SOUNDCARD="default"',
    OUTPUT: 'SOUNDCARD="default"',
    CAPTURE_MIC: '',
    VAA_INPUT_STATUS: 'FALSE',
    FORWARDED_BY: '',
    TRANSFER_ACTIVE: 'FALSE',
    TRANSFER_STATUS: '',
    TRANSFERRED_BY: '',
    TRANSFERRED_TO: '',
    SEEN: 'FALSE',
  },
  get: {
    CAN_TRANSFER: (asking, { call }, target) =>
      `${target.toLowerCase()} ${canTransfer(asking, call, target)}`,
    OUTPUT_GAP({ client }, { call }) {
      call?.gaps.add(client);
      return '';
    },
    LINE_QUALITY(_asking, { object, call }) {
      const { quality } = call ?? {};
      return quality ? JSON.stringify(quality) : (object.get('LINE_QUALITY') ?? '');
    },
    CONF_PARTICIPANT: ({ services }, { call }, number) => participant(services, call, number),
  },
  set: {
    STATUS: (_asking, found, value) => setStatus(found, value.toUpperCase()),
    SEEN({ services: { calls } }, { object }) {
      calls.see(object);
      return 'TRUE';
    },
    DTMF(_asking, { call }, value) {
      if (!isDtmf(value)) throw new Refusal('invalid-dtmf');
      if (!call?.takesDigits) throw new Refusal('call-not-active');
      if (!call.sendDigits(value)) throw new Refusal('invalid-dtmf');
      return undefined;
    },
    JOIN_CONFERENCE(asking, { object, call }, master) {
      const conference = join(asking, call, master);
      if (conference === undefined) throw new Refusal('cannot-join');
      return replies.property('CALL', object.id, 'CONF_ID', String(conference));
    },
  },
  alter: {
    ANSWER: (_asking, { call }) => call?.answer() ?? false,
    HOLD: (_asking, { call }) => call?.hold(true) ?? false,
    RESUME: (_asking, { call }) => call?.hold(false) ?? false,
    HANGUP: (_asking, { call }) => call?.hangUp() ?? false,
    END: (_asking, { call }, how) => end(call, how.trim().toUpperCase()),
    DTMF(_asking, { call }, digits) {
      if (!isDtmf(digits)) throw new Refusal('invalid-argument');
      return call?.sendDigits(digits) ?? false;
    },
    TRANSFER({ services, user }, { call }, list) {
      const targets = targetsOf(services, list).map((target) => destinationOf(services, user, target));
      if (targets.length === 0) throw new Refusal('invalid-argument');
      return call !== undefined && services.calls.transfer(call, targets);
    },
    JOIN_CONFERENCE: (asking, { call }, master) => join(asking, call, master) !== undefined,
    ...videoActions(),
    ...streamActions<Found>('call-stream', ({ call }) => call),
  },
  search: {
    CALLS(asking, target) {
      return callsOf(asking, (call) => target === '' || isWith(call, target));
    },
    ACTIVECALLS: (asking) => callsOf(asking, isActive),
    MISSEDCALLS: (asking) => callsOf(asking, isMissed),
  },
  clear({ services: { calls }, user }, argument) {
    const [which = '', whose = EVERYONE, ...more] = argument.split(/\s+/);
    const handle = whose.toUpperCase() === EVERYONE ? undefined : whose;
    const matches = entryOf(HISTORIES, which.toUpperCase());
    if (!matches) throw new Refusal('invalid-argument');
    if (more.length > 0 || (handle && !isPartner(handle))) throw new Refusal('clear-handle');
    calls.objects.clear(user, (call) => matches(call) && (!handle || isWith(call, handle)));
  },
});

/**
 * Sets the status of a call. The answer to ONHOLD holds the status from before the command; the change is notified
 * (reference, example of SET CALL JOIN_CONFERENCE).
 */
function setStatus({ object, call }: Found, status: string): string | EndpointMessage {
  const before = object.get('STATUS') ?? '';
  switch (status) {
    case 'ONHOLD':
      if (!call?.hold(true)) throw new Refusal('cannot-hold');
      return before;
    case 'INPROGRESS':
      if (!call?.answer() && !call?.hold(false)) throw new Refusal('cannot-resume');
      break;
    case 'FINISHED':
      if (!call?.hangUp()) throw new Refusal('cannot-hang-up');
      break;
    default:
      throw new Refusal('invalid-argument');
  }
  return object.get('STATUS') ?? '';
}

function end(call: UserCall | undefined, how: string): boolean {
  switch (how) {
    case '':
    case 'HANGUP':
      return call?.hangUp() ?? false;
    case 'REDIRECT_TO_VOICEMAIL':
      return call?.forward('voicemail') ?? false;
    case 'FORWARD_CALL':
      return call?.forward('rules') ?? false;
    default:
      throw new Refusal('invalid-argument');
  }
}

/**
 * Joins two calls in a conference.
 *
 * @returns the number of the conference; undefined when the calls cannot be joined.
 */
function join(
  { services: { calls }, user }: Asking,
  call: UserCall | undefined,
  master: string,
): number | undefined {
  const other = calls.activeOf(user, Number(master));
  return call && other && calls.conferences.join(call, other);
}

function videoActions(): { readonly [A in VideoAction]: Action<Found> } {
  const action =
    (name: VideoAction): Action<Found> =>
    ({ services: { calls, clock } }, { call }) => {
      const other = call?.conversation?.otherThan(call);
      return call !== undefined && alterVideo(call, other && calls.callOf(other), name, clock);
    };
  return Object.fromEntries(VIDEO_ACTIONS.map((name) => [name, action(name)])) as Record<
    VideoAction,
    Action<Found>
  >;
}

/**
 * TRUE when the call can be transferred to `target`: only incoming calls can. A transfer to a phone also needs SkypeOut
 * and a SkypeIn number.
 */
function canTransfer(
  { services, user }: Asking,
  call: UserCall | undefined,
  target: string,
): 'TRUE' | 'FALSE' {
  const [name = ''] = targetsOf(services, target);
  const possible =
    call?.direction === 'INCOMING' &&
    (phoneNumber(name) === undefined
      ? services.identityOf(name) !== undefined
      : user.hasSkypeOut && user.settings.skypeIn !== undefined);
  return possible ? 'TRUE' : 'FALSE';
}

/**
 * Reads the targets of `TRANSFER handle1, "handle2"`. Targets may be quoted one by one, all together or not at all. A
 * handle that contains a comma must be quoted.
 */
function targetsOf(services: Services, list: string): string[] {
  return Array.from(list.matchAll(/"([^"]*)"|([^",]+)/g)).flatMap(([, quoted, bare = '']) => {
    if (quoted === undefined) return splitList(bare);
    return services.identityOf(quoted.trim()) ? [quoted.trim()] : splitList(quoted);
  });
}

/** Describes one participant. Clients count from 1, as the reference does, or from 0. Both 0 and 1 mean the first. */
function participant({ calls }: Services, call: UserCall | undefined, argument: string): string {
  const legs = call ? calls.conferences.participantsOf(call) : [];
  const leg = /^\d{1,4}$/.test(argument) ? legs[Math.max(1, Number(argument)) - 1] : undefined;
  if (!leg) throw new Refusal('conference-participant');
  const status = calls.callOf(leg)?.status ?? 'INPROGRESS';
  const { handle, network, fullName } = leg.identity;
  return `${argument} ${handle} INCOMING_${network} ${status} ${fullName}`;
}

function callsOf({ services: { calls }, user }: Asking, matches: CallFilter): number[] {
  return calls.objects
    .listOf(user)
    .filter(matches)
    .map(({ id }) => id);
}

/** True for a handle or number that can be the other party of a call. */
function isPartner(handle: string): boolean {
  return isHandle(handle) || phoneNumber(handle) !== undefined;
}

function isWith(call: ApiObject<'CALL'>, handle: string): boolean {
  return call.get('PARTNER_HANDLE')?.toLowerCase() === (phoneNumber(handle) ?? handle).toLowerCase();
}
