import {
  checkOptions,
  given,
  having,
  line,
  listOf,
  object,
  optionsOf,
  type Rules,
} from '../../base/check.js';
import { asError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { TaskSet } from '../../base/task-set.js';
import type { Bot } from '../../bot/bot.js';
import { Prompts } from '../../bot/prompt/prompts.js';
import type { Speakable } from '../../bot/prompt/speakable.js';
import { requireProgram } from '../../voice/process/require-program.js';
import { runTool } from '../../voice/process/run-tool.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { ArchivedMessage } from '../archive/archived-message.js';
import { isSealedAudio } from '../archive/message-files.js';
import { ANSWERING_BOT_RULES, type AnsweringBotOptions, answeringBot } from './answering-bot.js';
import { type VoicemailNotice, voicemailNotice } from './voicemail-notice.js';

/** A command that is run for each message, without a shell. It gets the notice as JSON on its standard input. */
export interface NoticeHook {
  readonly command: string;
  readonly args?: readonly string[];
}

/** Options for the processing of kept messages. */
export interface MessageOptions {
  /** Engine that transcribes each message before it is reported. Default: none. */
  readonly transcriber?: Transcriber;
  /** Language of the messages, passed to the transcriber. */
  readonly language?: string;
  readonly hook?: NoticeHook;
}

/** Options of {@link MessageTaker.open}. */
export interface MessageTakerOptions extends Omit<AnsweringBotOptions, 'onMessage'>, MessageOptions {
  /** Library of named greetings and prompts. Default: only tones and files. */
  readonly prompts?: Prompts;
  /** All possible results of {@link AnsweringBotOptions.greetingFor}, to load in advance. Default: none. */
  readonly greetings?: readonly Speakable[];
}

/** The rules of {@link MessageOptions}. */
export const MESSAGE_RULES: Rules<MessageOptions> = {
  transcriber: object,
  language: line(1, 100),
  hook: object,
};
const RULES: Rules<Omit<MessageTakerOptions, 'onMessage'>> = {
  ...ANSWERING_BOT_RULES,
  ...MESSAGE_RULES,
  prompts: having('samples', 'preload'),
  greetings: listOf(given),
};

/** Events of a {@link MessageTaker}. */
export interface MessageTakerEvents extends FencedEvents {
  /** A message was kept. Emitted after its transcription. */
  message: [notice: VoicemailNotice];
  /** A transcription or a hook has failed. The message is kept. */
  failed: [error: Error];
}

/**
 * The bot that takes messages, and the processing of each message: transcription, hook, notice. The owner passes calls
 * to the bot.
 */
export class MessageTaker extends FencedEmitter<MessageTakerEvents> {
  readonly bot: Bot;
  readonly prompts: Prompts;
  readonly #options: MessageTakerOptions;
  readonly #tasks = new TaskSet((error) => this.#failed(error));

  private constructor(options: MessageTakerOptions, prompts: Prompts) {
    super();
    this.#options = options;
    this.prompts = prompts;
    this.bot = answeringBot({
      ...optionsOf<Omit<AnsweringBotOptions, 'onMessage'>>(options, ANSWERING_BOT_RULES),
      onMessage: (message, samples) => this.#tasks.add(this.#tell(message, samples)),
    });
  }

  /**
   * Loads all prompts, so that a missing greeting is an error here and not during a call.
   *
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_WAV for a greeting that cannot be played; ERR_TOOL for a missing hook or
   * transcriber.
   */
  static async open(options: MessageTakerOptions): Promise<MessageTaker> {
    checkOptions(options, RULES);
    const { greetings = [], reviewPrompt, goodbye, transcriber, hook } = options;
    const prompts = options.prompts ?? (await Prompts.open());
    await prompts.preload([...greetings, reviewPrompt, goodbye].filter((each) => each !== undefined));
    await transcriber?.ready?.();
    if (hook) await requireProgram(hook.command);
    return new MessageTaker(options, prompts);
  }

  /** Resolves when every kept message has been reported. */
  async settled(): Promise<void> {
    await this.#tasks.settled();
  }

  async #tell(message: ArchivedMessage, samples: Int16Array): Promise<void> {
    const { archive, transcriber, language, hook } = this.#options;
    const file = archive.audioFile(message) ?? '';
    const { gone } = archive.catalogue;
    if (gone) this.#failed(gone);
    try {
      if (transcriber) {
        const clear = message.audio !== undefined && !isSealedAudio(message.audio);
        const request = { ...(clear && { file }), ...(language !== undefined && { language }) };
        const { text } = await transcriber.transcribe({ ...request, samples: once(samples) });
        await archive.setTranscript(message.key, text);
      }
    } catch (error) {
      this.#failed(error);
    }
    const notice = voicemailNotice(archive.catalogue.message(message.key), file);
    try {
      if (hook) await runTool({ tool: hook.command, args: hook.args ?? [], input: JSON.stringify(notice) });
    } catch (error) {
      this.#failed(error);
    }
    this.emit('message', notice);
  }

  #failed(error: unknown): void {
    this.emit('failed', asError(error));
  }
}

async function* once(samples: Int16Array): AsyncGenerator<Int16Array, void, void> {
  yield samples;
}
