import { randomBytes } from 'node:crypto';
import { signal as aSignal, checkArgument, having, number, object } from '../../base/check.js';
import type { EventFeed } from '../feed/event-feed.js';
import type { FeedEvent } from '../feed/feed-event.js';

/** A span: a part of the duration of a call. */
export interface CallSpan {
  /** `call`, or a child: `ring`, `answer`, `stream`, `recording`, `publication`, `prompt`, `gather`, `message`. */
  readonly name: string;
  /** 32 hexadecimal digits, the same for all spans of a call. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly parent?: CallSpan;
  readonly startMs: number;
  /** End, in milliseconds since the Unix epoch; undefined while it is open. */
  endMs?: number;
  readonly attributes: Map<string, string | number | boolean>;
  /** The reason of a failure. */
  failure?: string;
}

/** Receives spans when they begin and end. */
export interface SpanSink {
  begin?(span: CallSpan): void;
  end(span: CallSpan): void;
}

/** Largest number of calls with open spans. Beyond it the oldest is ended. */
const MAX_CALLS = 10_000;

/** A call with its open spans, by subject. */
interface Traced {
  readonly root: CallSpan;
  readonly open: Map<string, CallSpan[]>;
}

/** Spans that outlive their call: a recording is published after the call. */
const OUTLIVES: ReadonlySet<string> = new Set(['recording', 'publication']);

/** Converts the events of a feed to spans. They contain no numbers, names or words of the other party. */
export class CallSpans {
  readonly #sink: SpanSink;
  readonly #calls = new Map<string, Traced>();

  constructor(sink: SpanSink) {
    checkArgument('sink', sink, having('end'));
    this.#sink = sink;
  }

  /** Takes the next event. */
  take(event: FeedEvent): void {
    checkArgument('event', event, object);
    if (!('call' in event) || event.call === undefined) return;
    const key = `${event.account ?? ''} ${event.call}`;
    const atMs = Date.parse(event.at);
    if (event.type === 'call') this.#begun(key, event, atMs);
    const call = this.#calls.get(key);
    if (call) this.#step(key, call, event, atMs);
  }

  /** Ends all open spans. */
  close(unixMs: number): void {
    checkArgument('unixMs', unixMs, number);
    for (const [key, call] of this.#calls) this.#drop(key, call, unixMs);
  }

  #begun(key: string, { account = '', call, direction }: FeedEvent & { type: 'call' }, atMs: number): void {
    const before = this.#calls.get(key);
    if (before) this.#drop(key, before, atMs);
    for (const [oldest, traced] of this.#calls) {
      if (this.#calls.size < MAX_CALLS) break;
      this.#drop(oldest, traced, atMs);
    }
    const attributes = {
      'jackfield.account': account,
      'jackfield.call': call,
      'jackfield.direction': direction,
    };
    const traceId = randomBytes(16).toString('hex');
    const root: CallSpan = {
      ...{ name: 'call', traceId, spanId: randomBytes(8).toString('hex'), startMs: atMs },
      attributes: new Map(Object.entries(attributes)),
    };
    this.#sink.begin?.(root);
    this.#calls.set(key, { root, open: new Map() });
  }

  #step(key: string, call: Traced, event: FeedEvent, atMs: number): void {
    switch (event.type) {
      case 'state':
        this.#state(key, call, event, atMs);
        break;
      case 'decision':
        call.root.attributes.set('jackfield.rule', event.rule);
        if (event.answer !== undefined) call.root.attributes.set('jackfield.answer', event.answer);
        break;
      case 'bot':
        call.root.attributes.set('jackfield.bot', event.bot);
        if (event.what === 'failed') call.root.failure = 'The bot failed.';
        break;
      case 'stream': {
        const about = `stream ${event.object} ${event.stream} ${event.port}`;
        if (event.what === 'flowing')
          this.#open(call, about, atMs).attributes.set('jackfield.stream', event.stream);
        if (event.what === 'closed') this.#close(call, about, atMs, event.reason);
        break;
      }
      case 'step':
        if (event.what === 'begun') this.#open(call, event.action, atMs);
        else this.#close(call, event.action, atMs)?.attributes.set('jackfield.outcome', event.outcome ?? '');
        break;
      case 'recording':
        this.#recording(key, call, event, atMs);
        break;
      case 'failure':
        call.root.failure = event.code ?? event.where;
        break;
      default:
        break;
    }
  }

  #state(key: string, call: Traced, { status, phase }: FeedEvent & { type: 'state' }, atMs: number): void {
    const { open, root } = call;
    if (phase === 'ended') {
      root.attributes.set('jackfield.status', status);
      if (status === 'FAILED') root.failure ??= status;
      for (const about of open.keys()) if (!OUTLIVES.has(about)) this.#closeAll(call, about, atMs);
      this.#end(root, atMs);
      this.#forget(key, call);
    } else if (status === 'RINGING' || status === 'EARLYMEDIA') {
      if (!open.has('ring') && !open.has('answer')) this.#open(call, 'ring', atMs);
    } else if (phase === 'talking') {
      this.#closeAll(call, 'ring', atMs);
      if (!open.has('answer')) this.#open(call, 'answer', atMs);
    }
  }

  #recording(key: string, call: Traced, event: FeedEvent & { type: 'recording' }, atMs: number): void {
    switch (event.what) {
      case 'begun':
        this.#open(call, 'recording', atMs);
        break;
      case 'ended':
        if (this.#close(call, 'recording', atMs)) this.#open(call, 'publication', atMs);
        break;
      case 'published':
      case 'discarded': {
        const span = this.#close(call, 'publication', atMs);
        if (event.complete !== undefined) span?.attributes.set('jackfield.complete', event.complete);
        break;
      }
      default:
        break;
    }
    this.#forget(key, call);
  }

  /** Begins a child span of a call. `about` starts with the name of the span. */
  #open(call: Traced, about: string, startMs: number): CallSpan {
    const [name = about] = about.split(' ');
    const { root } = call;
    const spanId = randomBytes(8).toString('hex');
    const span: CallSpan = {
      name,
      traceId: root.traceId,
      spanId,
      parent: root,
      startMs,
      attributes: new Map(),
    };
    call.open.set(about, [...(call.open.get(about) ?? []), span]);
    this.#sink.begin?.(span);
    return span;
  }

  /** Ends the oldest open span of a subject: queued prompts are played in order. */
  #close(call: Traced, about: string, atMs: number, failure?: string): CallSpan | undefined {
    const [span, ...others] = call.open.get(about) ?? [];
    if (!span) return undefined;
    if (others.length > 0) call.open.set(about, others);
    else call.open.delete(about);
    if (failure !== undefined) span.failure = failure;
    this.#end(span, atMs);
    return span;
  }

  #closeAll(call: Traced, about: string, atMs: number): void {
    while (this.#close(call, about, atMs));
  }

  #end(span: CallSpan, atMs: number): void {
    if (span.endMs !== undefined) return;
    span.endMs = Math.max(span.startMs, atMs);
    this.#sink.end(span);
  }

  /** Removes an ended call without open spans. */
  #forget(key: string, { root, open }: Traced): void {
    if (root.endMs !== undefined && open.size === 0) this.#calls.delete(key);
  }

  #drop(key: string, call: Traced, atMs: number): void {
    for (const about of call.open.keys()) this.#closeAll(call, about, atMs);
    this.#end(call.root, atMs);
    this.#calls.delete(key);
  }
}

/** Sends the spans of all calls on a feed to a sink, until the signal fires or the feed is closed. */
export async function traceCalls(feed: EventFeed, sink: SpanSink, signal: AbortSignal): Promise<void> {
  checkArgument('feed', feed, having('each'));
  checkArgument('signal', signal, aSignal);
  const spans = new CallSpans(sink);
  let last = 0;
  await feed.each({ name: 'traces', signal }, (event) => {
    last = Date.parse(event.at);
    spans.take(event);
  });
  spans.close(last);
}
