import { object as anObject, checkArgument, listOf, oneOf } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { commands, ID, type StreamAction } from '../../protocol/commands.js';
import { parseStreamTargets, type StreamTarget } from '../../protocol/stream-target.js';
import { type CommandOptions, type CommandSender, SENDER } from '../client/command-sender.js';

/** The redirectable streams of a call or voicemail (reference, "Voice Streams"). */
export type VoiceStreamName = 'INPUT' | 'OUTPUT' | 'CAPTURE_MIC';

/** Rule of the name of a voice stream. */
export const STREAM_NAME = oneOf('INPUT', 'OUTPUT', 'CAPTURE_MIC');
const OBJECT = oneOf('CALL', 'VOICEMAIL');
const TARGETS = listOf(anObject);

/** Redirects one voice stream of a call or voicemail. */
export class VoiceStream {
  readonly name: VoiceStreamName;
  readonly #object: 'CALL' | 'VOICEMAIL';
  readonly #id: number;
  readonly #sender: CommandSender;

  /** @internal */
  constructor(name: VoiceStreamName, object: 'CALL' | 'VOICEMAIL', id: number, sender: CommandSender) {
    checkArgument('name', name, STREAM_NAME);
    checkArgument('object', object, OBJECT);
    checkArgument('id', id, ID);
    checkArgument('sender', sender, SENDER);
    this.name = name;
    this.#object = object;
    this.#id = id;
    this.#sender = sender;
  }

  /** Asks the endpoint for the targets; empty when the stream is not redirected. @throws ERR_API, ERR_SYNTAX. */
  async get(options?: CommandOptions): Promise<StreamTarget[]> {
    const reply = await this.#sender.command(commands.get(this.#object, this.#id, this.name), options);
    return reply.kind === 'property' ? parseStreamTargets(reply.value) : [];
  }

  /**
   * Redirects the stream, for instance to `[{ kind: 'port', port: 5001 }]`. An empty list removes the redirection.
   * Resolves when the endpoint has connected.
   *
   * @throws ERR_API 589 (call) or 592 (voicemail) when it cannot; ERR_INVALID_ARG for a port outside 1 to 65535, a path
   * with quotation marks, or a sound card other than `default`; ERR_LINE_BREAK for a line break in a path.
   */
  async set(targets: readonly StreamTarget[], options?: CommandOptions): Promise<void> {
    checkArgument('targets', targets, TARGETS);
    for (const target of targets) {
      if (target.kind === 'soundcard' && target.device !== 'default') {
        throw invalidArgument('device', '"default", the only sound card of the protocol', target.device);
      }
    }
    const action: StreamAction = `SET_${this.name}`;
    await this.#sender.command(commands.redirect(this.#object, this.#id, action, targets), options);
  }

  /** Removes the redirection. */
  clear(options?: CommandOptions): Promise<void> {
    return this.set([], options);
  }
}
