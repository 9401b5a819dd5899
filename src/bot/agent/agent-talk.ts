import { randomUUID } from 'node:crypto';
import { asError, JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { backOffMs } from '../../base/time/back-off.js';
import { sleep } from '../../base/time/clock.js';
import { whenFired } from '../../base/wait.js';
import type { Dialect } from '../../line/dialect/dialect.js';
import type { MediaEvent, MediaFormat } from '../../line/dialect/media-event.js';
import { serveAgent } from '../../line/media/agent-peer.js';
import { connectMedia } from '../../line/media/connect-media.js';
import type { MediaConnection } from '../../line/media/media-connection.js';
import { type MediaEnd, MediaSession } from '../../line/media/media-session.js';
import { memoryConnections } from '../../line/media/memory-connection.js';
import type { BotCall } from '../bot-call.js';
import { AgentLink, MAX_BUFFERED_MS } from './agent-link.js';
import type { AgentBotOptions, AgentNotice } from './agent-options.js';
import { AgentSpeech } from './agent-speech.js';
import { allowedTools, callTool, type OfferedTool, setupOf } from './agent-tools.js';
import { AnswerWatch } from './answer-watch.js';
import { listenForTurns } from './caller-turns.js';

/** Parts of a talk that are the same for each call. */
export interface AgentTalkSetup {
  readonly dialect: Dialect;
  readonly format: MediaFormat;
  readonly options: AgentBotOptions;
}

/** Pauses between attempts to reconnect to the agent. */
const BACK_OFF = { firstMs: 250, longestMs: 5000 };
/** Errors that mean a lost connection. Any other error would come again with a new connection. */
const LOSSES: readonly string[] = ['ERR_PEER', 'ERR_TIMEOUT'];

/** Connects one call to an agent, until the call or the agent ends it. */
export class AgentTalk {
  readonly #call: BotCall;
  readonly #setup: AgentTalkSetup;
  readonly #speech: AgentSpeech;
  readonly #answer: AnswerWatch;
  readonly #link = new AgentLink();
  readonly #tools: readonly OfferedTool[];
  readonly #undo: (() => void)[] = [];
  /** Identifies the call to the agent, in each of its sessions. */
  readonly #id = randomUUID();
  #stopTurns: () => void = () => undefined;
  /** True when this side has detected an interruption. Audio without a name then belongs to the answer that was cut. */
  #isHushed = false;
  #tooled = 0;

  constructor(call: BotCall, setup: AgentTalkSetup) {
    const { options } = setup;
    const { player } = call.voice;
    this.#call = call;
    this.#setup = setup;
    this.#tools = [...allowedTools(options.allow ?? {}), ...(options.tools ?? [])];
    this.#speech = new AgentSpeech(player, {
      marked: (name, heard) => void this.#link.send({ type: 'marked', name, heard }),
      overflowed: () => this.#tell({ kind: 'error', message: 'The agent sends more than 10 minutes ahead.' }),
    });
    this.#answer = new AnswerWatch(call, options, {
      isSpeaking: () => this.#speech.isSpeaking || this.#link.isAway,
      stalled: (ms) => this.#tell({ kind: 'stalled', ms }),
    });
  }

  /**
   * Resolves when the agent ends the talk.
   *
   * @throws ERR_CALL_ENDED when the call ends; the error that ended the session.
   */
  async run(): Promise<void> {
    const { clock, signal } = this.#call;
    const { reconnects = 0 } = this.#setup.options;
    try {
      this.#listen();
      for (let losses = 0; ; ) {
        const end = await this.#converse(losses > 0);
        const { error } = end;
        this.#speech.end();
        if (!error || !isLoss(error) || ++losses > reconnects) {
          this.#tell({ kind: 'ended', reason: end.reason ?? error?.message ?? end.kind });
          if (error) throw error;
          return;
        }
        this.#tell({ kind: 'lost', message: error.message });
        await sleep(clock, backOffMs(losses, BACK_OFF), { signal });
      }
    } finally {
      this.#answer.has();
      this.#stopTurns();
      // A suspected turn that was not decided must not keep the player paused.
      this.#call.voice.player.resume();
      for (const undo of this.#undo) undo();
      this.#link.end();
    }
  }

  /** Runs one session to its end. A failed reconnection counts as a lost connection. */
  async #converse(isAgain: boolean): Promise<MediaEnd> {
    const { signal } = this.#call;
    let connection: MediaConnection;
    try {
      connection = await this.#connect();
    } catch (error) {
      signal.throwIfAborted();
      if (!isAgain) throw error;
      return { kind: 'failed', error: asError(error) };
    }
    let cancel = () => {};
    try {
      return await new Promise<MediaEnd>((resolve, reject) => {
        cancel = whenFired(signal, () => reject(signal.reason));
        if (signal.aborted) connection.close();
        else this.#open(connection, resolve);
      });
    } finally {
      cancel();
      this.#link.lose();
    }
  }

  async #connect(): Promise<MediaConnection> {
    const { dialect, format, options } = this.#setup;
    const { clock, signal } = this.#call;
    const { url, agent, variant, credentials, ca, connectTimeoutMs } = options;
    if (agent) {
      const [here, there] = memoryConnections();
      serveAgent(there, agent, { dialect, variant, format, clock });
      return here;
    }
    if (url === undefined) throw new JackfieldError('ERR_INVALID_ARG', 'An agent bot needs url or agent.');
    const headers = { ...dialect.headersOf?.(variant), ...options.headers };
    const given = { clock, credentials, headers, ca, timeoutMs: connectTimeoutMs, signal };
    return await connectMedia(url, dialect, { ...given, isHeld: true });
  }

  #open(connection: MediaConnection, ended: (end: MediaEnd) => void): void {
    const { dialect, format, options } = this.#setup;
    const { partner, clock } = this.#call;
    const { variant, instructions, voice: voiceName, settings, parameters = {} } = options;
    const session = new MediaSession({
      ...{ dialect, variant, format, connection, clock, role: 'provider' },
      agent: { instructions, voice: voiceName, settings, tools: setupOf(this.#tools) },
      start: { id: this.#id, from: partner.handle, parameters },
      listener: {
        started: () => this.#tell({ kind: 'connected' }),
        event: (event) => this.#take(event),
        drained: () => this.#link.sink.drained(),
        ended,
      },
    });
    for (const digit of this.#link.open(session)) this.#press(digit);
  }

  /** Listens to the call until the talk ends. */
  #listen(): void {
    const { voice } = this.#call;
    const feed = voice.remote.addSink(this.#link.sink, {
      ...{ policy: 'drop-oldest', maxBufferedMs: MAX_BUFFERED_MS, name: 'agent' },
    });
    feed.done.catch(() => undefined);
    this.#undo.push(() => {
      this.#link.sink.end();
      void feed.remove().catch(() => undefined);
    });
    const { received } = voice.remote;
    const advance = () => this.#speech.heardUpTo(received.position - voice.inputStart);
    this.#undo.push(received.follow({ advance, end: advance }));
    if (this.#setup.options.keys !== false) this.#undo.push(this.#call.onKey((digit) => this.#press(digit)));
    this.#listenForTurns();
  }

  #take(event: MediaEvent): void {
    switch (event.type) {
      case 'audio':
        if (this.#link.isAway || (this.#isHushed && event.item === undefined)) break;
        this.#answer.has();
        this.#speech.write(event);
        break;
      case 'mark':
        this.#speech.mark(event.name);
        break;
      case 'clear':
        this.#isHushed = false;
        void this.#interrupt({ isOver: false });
        break;
      case 'speech':
        this.#hearTurn(event.speaking);
        break;
      case 'text': {
        const { by, text, final } = event;
        this.#tell({ kind: 'text', by, text, final });
        break;
      }
      case 'done':
        this.#tell({ kind: 'answered', whole: event.whole });
        break;
      case 'tool':
        void this.#useTool(event);
        break;
      case 'error':
        this.#tell({ kind: 'error', message: event.message });
        break;
      default:
    }
  }

  /** Takes a turn of the caller that the agent reports. Detection here then stops, unless this side decides. */
  #hearTurn(isSpeaking: boolean): void {
    if (this.#setup.options.bargeIn !== 'here') this.#stopTurns();
    if (isSpeaking) void this.#interrupt({ isOver: true });
    else this.#answer.expect();
  }

  /** Stops the agent's speech, and tells the agent how much was heard. */
  async #interrupt(of: { readonly isOver: boolean }): Promise<void> {
    this.#answer.has();
    this.#call.voice.player.resume();
    const heard = await this.#speech.clear(of);
    for (const { item, heardMs } of heard) this.#link.send({ type: 'heard', item, ms: heardMs });
    if (heard.length > 0) this.#tell({ kind: 'interrupted', heard });
  }

  /** Sends a key to the agent, or keeps it for the next session. */
  #press(digit: string): void {
    if (this.#link.press(digit)) this.#answer.expect();
  }

  async #useTool({ id, name, input }: Extract<MediaEvent, { type: 'tool' }>): Promise<void> {
    const { maxTools = 1000 } = this.#setup.options;
    this.#tooled++;
    this.#answer.has();
    const tools = this.#tooled > maxTools ? [] : this.#tools;
    const isAway = tools.some((tool) => tool.name === name && tool.takesCall);
    if (isAway) {
      this.#speech.end();
      this.#link.leave();
    }
    const output = await callTool(tools, { name, input }, this.#call);
    if (isAway) this.#link.comeBack();
    const isTold = this.#link.send({ type: 'tool-result', id, output });
    this.#tell({ kind: 'tool', name, input, output });
    if (isTold) this.#answer.expect();
  }

  /**
   * Detects the caller's turns here: to stop the agent's speech without a round trip, and to know when to expect its
   * answer.
   */
  #listenForTurns(): void {
    const { clock, voice } = this.#call;
    const { player } = voice;
    const decides = this.#setup.options.bargeIn === 'here';
    let isAnswered = true;
    this.#stopTurns = listenForTurns(
      voice,
      { clock, isGuarded: decides },
      {
        suspected: () => {
          if (decides && this.#speech.isSpeaking && !this.#link.isAway) player.pause();
        },
        dismissed: () => player.resume(),
        began: () => {
          player.resume();
          isAnswered = this.#speech.isSpeaking;
          this.#answer.has();
          if (!decides || !isAnswered || this.#link.isAway) return;
          this.#isHushed = true;
          void this.#interrupt({ isOver: true });
        },
        ended: () => {
          this.#isHushed = false;
          // A voice during the agent's speech, for which the agent did not stop, may be its echo.
          if (decides || !isAnswered) this.#answer.expect();
        },
        failed: ({ message }) => this.#tell({ kind: 'error', message }),
      },
    );
  }

  #tell(notice: AgentNotice): void {
    observe('onNotice', this.#setup.options.onNotice, notice, this.#call);
  }
}

function isLoss(error: Error): boolean {
  return error instanceof JackfieldError && LOSSES.includes(error.code);
}
