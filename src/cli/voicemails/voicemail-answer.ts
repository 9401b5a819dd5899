import { resolve } from 'node:path';
import { PcmServer } from '../../pcm.js';
import { AnsweringMachine, VoicemailArchive } from '../../voicemail.js';
import { attachTo } from '../endpoint-options.js';
import { faultText } from '../failure.js';
import { Report } from '../report.js';
import { tellManager } from '../service-manager.js';
import { joinerOf, offerVoices, type ShareOptions } from '../share-options.js';
import { stopSignal, untilStopped } from '../shutdown.js';
import { printedTime } from '../terminal-text.js';
import type { AnswerConfig } from './voicemail-answer-config.js';
import { warnDamagedRows } from './voicemail-archive.js';
import { engineOf, type OnlineOptions } from './voicemail-options.js';

interface Options extends OnlineOptions, ShareOptions {
  readonly in: string;
  readonly config?: string;
  readonly after?: number;
  readonly greeting?: string;
  readonly hook?: string;
  readonly encrypt?: readonly string[];
}

const DEFAULT_AFTER_MS = 20_000;

export async function answer(engine: readonly string[], options: Options): Promise<void> {
  const report = new Report(options.json);
  const transcriber = engineOf(engine);
  const config = await configured(options);
  // Set up before attaching, because a call may arrive at once.
  const servers: PcmServer[] = [];
  await using _voices = await offerVoices(() => servers);
  const join = joinerOf(options);
  await using attached = await attachTo(options, { name: 'jackfield voicemail' });
  const { client } = attached;
  const stop = stopSignal({ hasCalls: true });
  await using server = new PcmServer();
  servers.push(server);
  const keys = options.encrypt ? { encryptTo: options.encrypt } : {};
  await using archive = await VoicemailArchive.open(options.in, keys);
  warnDamagedRows(archive);
  await using machine = await AnsweringMachine.start({
    ...config,
    ...{ client, server, archive },
    ...(transcriber && { transcriber }),
    join,
  });
  machine.on('message', (notice) =>
    report.line(notice, `${printedTime(notice.recordedAt)}  ${notice.subject}  #${notice.key}`),
  );
  machine.on('failed', (error) => report.line({ failed: faultText(error) }, `failed: ${faultText(error)}`));
  const afterMs = config.afterMs ?? DEFAULT_AFTER_MS;
  const account = await client.parameters.get('CURRENTUSERHANDLE');
  const text = `Calls for ${account} are answered after ${afterMs / 1000} s. Ctrl-C ends it.`;
  report.line({ answering: account, afterMs }, text);
  using _manager = tellManager(stop);
  await untilStopped(stop, client);
}

/** Merges the configuration file with the options, which take precedence. */
async function configured({ config, after, greeting, hook }: Options): Promise<AnswerConfig> {
  // Loaded only when needed: the schema library would slow down other commands.
  const file =
    config === undefined ? {} : await (await import('./voicemail-answer-config.js')).readAnswerConfig(config);
  return {
    ...file,
    ...(after !== undefined && { afterMs: after * 1000 }),
    ...(greeting !== undefined && { greeting: { file: resolve(greeting) } }),
    ...(hook !== undefined && { hook: { command: hook } }),
  };
}
