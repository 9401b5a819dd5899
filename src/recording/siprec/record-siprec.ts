import { checkArgument, having } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { LineQuality } from '../../base/line-quality.js';
import type { CallVoice } from '../../call/call-voice.js';
import type { SiprecParticipant } from '../../line/siprec/siprec-metadata.js';
import type { SiprecSession } from '../../line/siprec/siprec-session.js';
import type { LegName } from '../../stream/align/ledger.js';
import { type LegTap, type PairTapOptions, tapLegs } from '../../stream/align/leg-tap.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import type { Player } from '../../stream/player.js';
import type { CallRecording } from '../call-recording.js';
import type { Recorder } from '../recorder/recorder.js';
import { SiprecCall } from './siprec-call.js';

const RECORDER = having('recordVoice');
const SESSION = having('participant', 'stats');

/**
 * Records a call of a SIPREC client with a recorder: the first offered stream is on the left, the second on the right.
 * Metadata of the call becomes tags, including later updates. Pauses and changes of participants become marks. Call it
 * in `onSession` of the server, so that no audio is missed.
 *
 * @throws ERR_INVALID_ARG; ERR_FILE when the file cannot be written.
 */
export async function recordSiprec(session: SiprecSession, recorder: Recorder): Promise<CallRecording> {
  checkArgument('recorder', recorder, RECORDER);
  checkArgument('session', session, SESSION);
  const voice = new SiprecVoice(session, new SiprecCall(session, recorder.clock));
  const tags: Record<string, string> = {};
  const update = () => void Object.assign(tags, tagsOf(session));
  update();
  const recording = await recorder.recordVoice(voice, tags);
  session.on('metadata', ({ participants }) => {
    update();
    recording.mark(`Participants: ${participants.map(textOf).join(', ')}.`.slice(0, 1000));
  });
  session.on('paused', (paused) => {
    recording.mark(
      paused ? 'The recording client stopped sending voice.' : 'The recording client resumed sending voice.',
    );
  });
  session.once('lost', ({ message }) =>
    recording.mark(`The call was cut off here. ${message}`.slice(0, 1000)),
  );
  session.once('ended', () => void Object.assign(tags, tagsOf(session), qualityOf(session)));
  return recording;
}

/** The voice of a SIPREC call. Its streams are placed by their timestamps. */
class SiprecVoice implements CallVoice {
  readonly call: SiprecCall;
  readonly remote: PcmStream;
  readonly microphone: PcmStream;
  readonly input = undefined;
  readonly inputStart = 0;
  readonly joined = false;
  readonly microphonePaced = false;
  readonly placed = true;
  readonly #session: SiprecSession;

  constructor(session: SiprecSession, call: SiprecCall) {
    this.#session = session;
    this.call = call;
    this.remote = session.remote;
    this.microphone = session.local;
  }

  get player(): Player {
    throw new JackfieldError(
      'ERR_INVALID_STATE',
      'Audio cannot be played into a call that a recording client sends.',
    );
  }

  quality(leg: LegName): LineQuality | undefined {
    return this.#session.quality(leg);
  }

  legs(options: PairTapOptions = {}): LegTap {
    const { remote, microphone: local } = this;
    return tapLegs({ remote, local, localSide: 'received', placed: true }, options);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Tags with the metadata of a call. */
function tagsOf(session: SiprecSession): Record<string, string> {
  const { metadata, callId } = session;
  const [local, remote] = [session.participant('local'), session.participant('remote')];
  const further = Object.entries(metadata.extensions).map(([name, value]) => [`siprec.${name}`, value]);
  return Object.fromEntries(
    [
      ...further,
      ['siprec.sip-call-id', callId],
      ['siprec.session', metadata.session],
      ['siprec.calls', metadata.callIds.join(' ')],
      ['siprec.participants', metadata.participants.map(textOf).join(', ').slice(0, 4000)],
      ['siprec.local', local ? textOf(local) : ''],
      ['siprec.remote', remote ? textOf(remote) : ''],
    ].filter(([, value]) => value !== ''),
  );
}

/** Tags with loss and quality of both sides, for the end of the call. */
function qualityOf(session: SiprecSession): Record<string, string> {
  return Object.fromEntries(
    (['local', 'remote'] as const).flatMap((side) => {
      const { received, quality } = session.stats(side);
      if (received.packets === 0) return [];
      const mos = quality?.mos === undefined ? '' : `, MOS ${quality.mos.toFixed(2)}`;
      const { lost, packets, jitterMs } = received;
      return [
        [`siprec.${side}-media`, `${packets} packets, ${lost} lost, jitter ${jitterMs.toFixed(1)} ms${mos}`],
      ];
    }),
  );
}

function textOf({ name, address }: SiprecParticipant): string {
  return name && address ? `${name} <${address}>` : name || address;
}
