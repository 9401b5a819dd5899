import { checkArgument, having, words } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { samplesToMs } from '../../base/pcm.js';
import type { BotHost } from '../../bot/bot-host.js';
import type { Queue } from '../../bot/queue/queue.js';
import type { CallControl } from '../../call/call-control.js';
import type { Call } from '../../control/call/call.js';
import type { Client } from '../../control/client/client.js';
import { watchOutages } from '../../control/client/watch-outages.js';
import type { Exchange } from '../../exchange/exchange.js';
import type { CallRecording } from '../../recording/call-recording.js';
import type { SegmentResult } from '../../recording/file/segment.js';
import type { Recorder } from '../../recording/recorder/recorder.js';
import { lossOf } from '../../stream/align/ledger.js';
import type { Lease } from '../../tcp/lease.js';
import { closeError } from '../../tcp/lease-state.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import type { AnsweringMachine } from '../../voicemail/answering/answering-machine.js';
import type { MessageTaker } from '../../voicemail/answering/message-taker.js';
import { endOf, noticeOf } from './analysis-notices.js';
import type { EventFeed } from './event-feed.js';

/** Tag of a recording with the account of its call. */
export const ACCOUNT_TAG = 'account';

interface Subject {
  readonly account?: string;
  readonly call?: number;
}

const PART = having('on');

/** Trace lines of a bot that contain an answer of the other party. */
const ANSWER = /^(gathered|recorded|forgets) /;

/** Sends the events of the parts of a service to a feed. Each method takes one part and listens to it. */
export class FeedSources {
  readonly #feed: EventFeed;
  /** Account of each call. Calls of different endpoints may have the same id. */
  readonly #accounts = new WeakMap<CallControl, string>();
  #recorder: Recorder | undefined;

  constructor(feed: EventFeed) {
    checkArgument('feed', feed, having('tell', 'failed'));
    this.#feed = feed;
  }

  /** Takes an attached endpoint: its connection, its calls, their states and digits. */
  client(endpoint: string, account: string, client: Client): void {
    checkArgument('endpoint', endpoint, words);
    checkArgument('account', account, words);
    checkArgument('client', client, PART);
    const feed = this.#feed;
    feed.tell({ type: 'endpoint', account, endpoint, what: 'attached' });
    watchOutages(client, (what, reason) =>
      feed.tell({ type: 'endpoint', account, endpoint, what, ...(reason !== undefined && { reason }) }),
    );
    client.on('call', (call) => {
      this.#accounts.set(call, account);
      void this.#call(call, account);
    });
    client.on('failure', (error) => feed.failed(`listener of ${endpoint}`, error));
  }

  /** Takes a recorder: its recordings from start to publication. Masked keys are sent as `*`. */
  recorder(recorder: Recorder): void {
    checkArgument('recorder', recorder, PART);
    const feed = this.#feed;
    this.#recorder = recorder;
    recorder.on('recording', (recording, begun) => this.#recording(recording, begun));
    recorder.on('heard', ({ call }, event) => {
      const notice = noticeOf(event);
      if (notice) feed.tell({ type: 'analysis', ...this.#ofCall(call), ...notice });
    });
    recorder.on('analysed', ({ call }, analysed) =>
      feed.tell({ type: 'analysis', ...this.#ofCall(call), ...endOf(analysed) }),
    );
    recorder.on('published', (segment) => this.#published(segment, 'published'));
    recorder.on('recovered', (segment) => this.#published(segment, 'recovered'));
    recorder.on('transcribed', ({ file }) => feed.tell({ type: 'recording', what: 'transcribed', file }));
    recorder.on('masked', ({ file }, { masking }) =>
      feed.tell({ type: 'recording', what: 'masked', file, stretches: masking?.spans.length ?? 0 }),
    );
    recorder.on('undone', (file, { message: reason }) =>
      feed.tell({ type: 'recording', what: 'after-call-failed', file, reason }),
    );
    recorder.on('discarded', (segment) =>
      feed.tell({ type: 'recording', ...segmentSubject(segment), what: 'discarded' }),
    );
    recorder.on('failed', (error, call) => feed.failed('recorder', error, this.#subject(call)));
    recorder.on('undelivered', (event, channel, error, last) => {
      const { id } = event;
      feed.tell({ type: 'recording', what: 'undelivered', channel, id, reason: error.message, last });
    });
    recorder.on('failure', (error) => feed.failed('listener of the recorder', error));
  }

  /** Takes a host of bots: their calls, steps, traces and results. */
  host(host: BotHost, account: string): void {
    checkArgument('host', host, PART);
    checkArgument('account', account, words);
    const feed = this.#feed;
    host.on('talking', ({ id, partner }, { name }) =>
      feed.tell({ type: 'bot', account, call: id, bot: name, what: 'talking', partner: partner.handle }),
    );
    host.on('trace', ({ id }, said) => {
      const text = this.#recorder?.withoutSecrets(said, ANSWER.test(said)) ?? said;
      feed.tell({ type: 'transcript', account, call: id, by: 'bot', text });
    });
    host.on('step', ({ id }, step) => feed.tell({ type: 'step', account, call: id, ...step }));
    host.on('unrecorded', ({ id }, error) => feed.failed('recorder', error, { account, call: id }));
    host.on('refused', ({ id }) => feed.tell({ type: 'bot', account, call: id, bot: '', what: 'refused' }));
    host.on('result', ({ bot, callId, outcome, error }) => {
      const reason = error && { reason: error.message };
      feed.tell({ type: 'bot', account, call: callId, bot, what: outcome, ...reason });
    });
    host.on('failure', (error) => feed.failed('listener of a bot host', error, { account }));
  }

  /** Takes a queue: its callers, its agents and its figures. */
  queue(queue: Queue, account?: string): void {
    checkArgument('queue', queue, PART);
    if (account !== undefined) checkArgument('account', account, words);
    const feed = this.#feed;
    const subject = account === undefined ? {} : { account };
    queue.on('event', ({ why, figures, ...event }) => {
      const { waiting, longestMs, talking, free, handled, abandoned, serviceLevel } = figures;
      feed.tell({
        ...{ type: 'queue', ...subject, ...event, ...(why !== undefined && { reason: why }) },
        ...{ waiting, longestMs, talking, free, handled, abandoned, serviceLevel },
      });
    });
    queue.on('failed', (error) => feed.failed(`queue ${queue.name}`, error, subject));
    queue.on('failure', (error) => feed.failed(`listener of queue ${queue.name}`, error, subject));
  }

  /** Takes an answering machine: its messages and their transcripts. */
  machine(given: AnsweringMachine | MessageTaker): void {
    checkArgument('given', given, PART);
    const feed = this.#feed;
    // A message taker has the same events as a machine.
    const machine = given as MessageTaker;
    machine.on('message', ({ account, caller, durationSeconds, transcript, attachments }) => {
      const [audio] = attachments;
      const durationMs = durationSeconds * 1000;
      feed.tell({ type: 'message', account, partner: caller.handle, file: audio?.path ?? '', durationMs });
      if (transcript !== '') feed.tell({ type: 'transcript', account, by: 'caller', text: transcript });
    });
    machine.on('failed', (error) => feed.failed('answering machine', error));
    machine.on('failure', (error) => feed.failed('listener of an answering machine', error));
  }

  /** Takes the PCM server of an account's calls: their streams and losses. */
  server(server: PcmServer, account: string): void {
    checkArgument('server', server, PART);
    checkArgument('account', account, words);
    server.on('lease', (lease) => this.#lease(lease, account));
    server.on('limit', (what) => {
      const reason = `The PCM server has reached ${what}: further requests of calls will fail.`;
      this.#feed.tell({ type: 'failure', account, where: 'pcm server', reason, code: 'ERR_LIMIT' });
    });
    server.on('failure', (error) => this.#feed.failed('listener of the pcm server', error, { account }));
  }

  /** Takes an exchange: its failures and the losses of its streams. */
  exchange(exchange: Exchange): void {
    checkArgument('exchange', exchange, PART);
    const feed = this.#feed;
    exchange.on('failure', (error, where) => feed.failed(`exchange, ${where}`, error));
    exchange.on('stream-closed', ({ handle, object, id, stream, stats, error }) => {
      const subject = { account: handle, ...(object === 'CALL' && { call: id }) };
      const where = `exchange, ${stream.toLowerCase()} of ${object} ${id}`;
      const lost = stats.dropped + stats.late;
      if (lost > 0) feed.tell({ type: 'loss', ...subject, where, ms: samplesToMs(lost) });
      if (error !== undefined) feed.failed(where, error, subject);
    });
  }

  async #call(call: Call, account: string): Promise<void> {
    const feed = this.#feed;
    const subject = { account, call: call.id };
    const ask = (property: string) => call.text(property).catch(() => '');
    const [type, partner] = await Promise.all([ask('TYPE'), ask('PARTNER_HANDLE')]);
    const direction = type.startsWith('INCOMING') ? 'in' : type.startsWith('OUTGOING') ? 'out' : 'unknown';
    feed.tell({ type: 'call', ...subject, direction, partner });
    const tell = ({ status, phase }: Call['history'][number]) =>
      feed.tell({ type: 'state', ...subject, status, phase });
    call.history.forEach(tell);
    call.on('state', tell);
    call.on('dtmf', (digits) => {
      const shown = this.#recorder?.masksKeys ? '*'.repeat(digits.length) : digits;
      for (const digit of shown) feed.tell({ type: 'digit', ...subject, digit });
    });
  }

  #recording(recording: CallRecording, begun: boolean): void {
    const feed = this.#feed;
    const about = { type: 'recording', ...this.#subject(recording.call) } as const;
    const partner = recording.call.properties.get('PARTNER_HANDLE') ?? '';
    feed.tell({ ...about, what: begun ? 'begun' : 'held', partner, file: recording.file });
    recording.on('paused', (paused) => feed.tell({ ...about, what: paused ? 'paused' : 'resumed' }));
    recording.on('disk-full', ({ message }) => feed.tell({ ...about, what: 'disk-full', reason: message }));
    recording.on('disk-resumed', () => feed.tell({ ...about, what: 'disk-resumed' }));
    recording.on('masked', ({ samples, rule }) =>
      feed.tell({ ...about, what: 'silenced', rule, durationMs: samplesToMs(samples) }),
    );
    recording.on('mask-failed', ({ message }) =>
      feed.tell({ ...about, what: 'mask-failed', reason: message }),
    );
    recording.on('limit', () => feed.tell({ ...about, what: 'limit' }));
    // The recorder reports failures.
    const ended = () => feed.tell({ ...about, what: 'ended' });
    recording.finished.then(ended, ended);
  }

  #published(segment: SegmentResult, what: 'published' | 'recovered'): void {
    const { file, sidecar } = segment;
    const { audio, call, complete, end, reason, legs } = sidecar;
    const subject = segmentSubject(segment);
    const { durationMs } = audio;
    const { partner } = call;
    this.#feed.tell({
      ...{ type: 'recording', ...subject, what, partner, file, durationMs, end, complete },
      ...(reason !== undefined && { reason }),
    });
    for (const leg of ['local', 'remote'] as const) {
      const { late, cut, ledger } = legs[leg];
      const missing = lossOf(ledger) + late + cut;
      if (missing > 0) {
        this.#feed.tell({ type: 'loss', ...subject, where: `${leg} leg`, ms: samplesToMs(missing) });
      }
    }
  }

  #lease(lease: Lease, account: string): void {
    const feed = this.#feed;
    const { object, stream, port } = lease;
    const id = /^CALL (\d+)$/.exec(object)?.[1];
    const subject = { account, ...(id !== undefined && { call: Number(id) }) };
    const about = { type: 'stream', ...subject, object, stream, port } as const;
    feed.tell({ ...about, what: 'leased' });
    lease.on('state', (state) => {
      const reason = 'reason' in state ? closeError(state.reason)?.message : undefined;
      if (state.status !== 'open') {
        feed.tell({ ...about, what: state.status, ...(reason !== undefined && { reason }) });
      }
    });
    lease.on('refused', ({ why }) => feed.tell({ ...about, what: 'refused', reason: why }));
    lease.on('overflow', (sink, policy) => {
      if (policy.startsWith('drop')) feed.tell({ type: 'loss', ...subject, where: sink });
    });
    lease.on('sink-failed', (sink, error) => feed.failed(`sink ${sink}`, error, subject));
  }

  #subject(call: CallControl | undefined): Subject {
    return call ? this.#ofCall(call) : {};
  }

  #ofCall(call: CallControl): Subject & { readonly call: number } {
    const account = this.#accounts.get(call);
    return { call: call.id, ...(account !== undefined && { account }) };
  }
}

function segmentSubject({ sidecar }: SegmentResult): Subject {
  const account = entryOf(sidecar.tags, ACCOUNT_TAG);
  return { call: sidecar.call.id, ...(account !== undefined && { account }) };
}
