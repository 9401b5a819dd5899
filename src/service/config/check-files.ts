import { createPrivateKey, X509Certificate } from 'node:crypto';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { systemClock } from '../../base/time/clock.js';
import { FlowError } from '../../bot/flow/flow-error.js';
import { readCallList } from '../../bot/outbound/call-list.js';
import { readCampaign } from '../../bot/outbound/read-campaign.js';
import { openPrompts } from '../../bot/prompt/open-prompts.js';
import { readBot } from '../../bot/read-bot.js';
import { transportAt } from '../../control/transport/transport-address.js';
import { Scenario } from '../../exchange/scenario/scenario.js';
import { readCertificates, readPem, readToken } from '../../files/key-files.js';
import { checkSocketPath } from '../../files/owner-socket.js';
import { readMask } from '../../recording/recorder/after-calls-config.js';
import { Recorder } from '../../recording/recorder/recorder.js';
import { type RecordConfig, recorderOptions } from '../../recording/recorder/recorder-config.js';
import { requireProgram } from '../../voice/process/require-program.js';
import { EMBEDDED } from '../embedded-exchange.js';
import { BearerTokens } from '../http/bearer-tokens.js';
import { speakableOf } from '../spoken.js';
import { readFeedHooks } from '../watch/feed-hooks.js';
import type { ConfigFault } from './dangling-names.js';
import type { ServiceConfig } from './service-config.js';

/** A fault of a file named by a configuration, with its position in that file if known. */
export interface FileFault extends ConfigFault {
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** One check. An error that it throws is a fault of the field. */
interface Check {
  readonly path: readonly (string | number)[];
  readonly attempt: () => unknown;
}

/**
 * Opens all files that a configuration names, as a service does at its start: keys, certificates, flows, scripts,
 * prompts, lists, greetings, programs. It does not attach to endpoints, place calls or write files.
 */
export async function fileFaults(config: Partial<ServiceConfig>): Promise<readonly FileFault[]> {
  const checks = [
    ...Object.entries(config.endpoints ?? {}).flatMap(([name, each]) => ofEndpoint(name, each, config)),
    ...(config.exchange
      ? [check(['exchange', 'scenario'], () => Scenario.load(config.exchange?.scenario ?? '', systemClock))]
      : []),
    ...ofSocket(config),
    ...ofTls(['http', 'tls'], config.http?.tls ?? {}),
    ...ofClients(config),
    ...ofRecorder(config.record ?? {}),
    ...Object.entries(config.bots ?? {}).flatMap(([name, bot]) => ofBot(['bots', name], bot)),
    ...Object.entries(config.campaigns ?? {}).flatMap(([name, campaign]) => ofCampaign(name, campaign)),
    ...(config.answeringMachine ? ofMachine(config.answeringMachine) : []),
  ];
  const found = await Promise.all(checks.map(faultsOf));
  const faults = found.flat();
  // The recorder as a whole is checked only when its single fields have no faults.
  if (!config.record || faults.some(({ path }) => path[0] === 'record')) return faults;
  return [...faults, ...(await faultsOf(check(['record'], () => tryRecorder(config.record ?? {}))))];
}

function check(path: Check['path'], attempt: Check['attempt']): Check {
  return { path, attempt };
}

async function faultsOf({ path, attempt }: Check): Promise<FileFault[]> {
  try {
    await attempt();
    return [];
  } catch (error) {
    if (!(error instanceof FlowError)) return [{ path, message: messageOf(error) }];
    return error.problems
      .filter(({ severity }) => severity === 'error')
      .map(({ line, column, path: inFlow, message }) => ({
        path: [...path, ...(inFlow === '' ? [] : [inFlow])],
        message,
        place: { file: error.file, line, column },
      }));
  }
}

function ofSocket({ control: { socket } = {} }: Partial<ServiceConfig>): Check[] {
  return socket === undefined ? [] : [check(['control', 'socket'], () => checkSocketPath(socket))];
}

function ofEndpoint(
  name: string,
  { attach, tokenFile, tls = {} }: ServiceConfig['endpoints'][string],
  { exchange }: Partial<ServiceConfig>,
): Check[] {
  const path = ['endpoints', name];
  return [
    check([...path, 'attach'], () => {
      if (!attach.startsWith(EMBEDDED)) return transportAt(attach);
      if (exchange) return undefined;
      throw new JackfieldError('ERR_INVALID_ARG', `${attach} needs an exchange: add the field "exchange".`);
    }),
    ...(tokenFile === undefined ? [] : [check([...path, 'tokenFile'], () => readToken(tokenFile))]),
    ...ofTls([...path, 'tls'], tls),
  ];
}

type TlsFiles = NonNullable<ServiceConfig['endpoints'][string]['tls']>;

function ofTls(path: Check['path'], tls: TlsFiles): Check[] {
  const pem = (field: keyof TlsFiles, parse: (text: string) => unknown, what: string) => {
    const file = tls[field];
    if (file === undefined) return [];
    return [check([...path, field], () => readPem(file, parse, what))];
  };
  const { caFile } = tls;
  return [
    ...(caFile === undefined ? [] : [check([...path, 'caFile'], () => readCertificates(caFile))]),
    ...pem('certFile', (text) => new X509Certificate(text), 'a certificate'),
    ...pem('keyFile', (text) => createPrivateKey(text), 'a private key'),
  ];
}

/** Tokens of the REST API, webhooks and hooks. */
function ofClients({ api, webhooks = {}, hooks = {} }: Partial<ServiceConfig>): Check[] {
  return [
    ...Object.entries(api?.tokens ?? {}).map(([name, token]) =>
      check(['api', 'tokens', name, 'file'], () => BearerTokens.read({ tokens: { [name]: token } })),
    ),
    ...Object.entries(webhooks).map(([name, each]) =>
      check(['webhooks', name], () => readFeedHooks({ webhooks: { [name]: each } })),
    ),
    ...Object.entries(hooks).map(([name, each]) =>
      check(['hooks', name], () => readFeedHooks({ hooks: { [name]: each } })),
    ),
  ];
}

function ofRecorder(record: RecordConfig): Check[] {
  return Object.entries(record).map(([field, value]) =>
    check(['record', field], () =>
      // Dependencies on other fields are checked with the whole recorder.
      field === 'mask' && record.mask ? readMask(record.mask) : tryRecorder({ [field]: value }),
    ),
  );
}

async function tryRecorder(record: RecordConfig): Promise<void> {
  await Recorder.check(await recorderOptions(record));
}

/** Assumed abilities of every endpoint, because the check does not attach. */
const ENDPOINT = { leaveVoicemail: async () => undefined };

type Talker = Pick<
  NonNullable<ServiceConfig['bots']>[string],
  'flow' | 'hooks' | 'http' | 'script' | 'agent' | 'prompts' | 'speech' | 'cache'
>;

function ofBot(path: readonly string[], talker: Talker): Check[] {
  const { flow, hooks, http, script, agent, prompts, speech, cache } = talker;
  const opened = once(() => openPrompts({ prompts, speech, cache }));
  return [
    check([...path, prompts === undefined ? 'speech' : 'prompts'], opened),
    check([...path, wayOf(talker)], async () => {
      const library = await opened().catch(() => undefined);
      const files = { flow, hooks, http, script, agent };
      const bot = await readBot(files, library ? { prompts: library } : {});
      const { says, prepare } = bot.make(undefined, ENDPOINT);
      await library?.ready(says);
      await prepare?.();
    }),
  ];
}

/** The field that selects the kind of bot. */
function wayOf({ script, agent }: Talker): string {
  if (script !== undefined) return 'script';
  return agent ? 'agent' : 'flow';
}

function ofCampaign(name: string, campaign: NonNullable<ServiceConfig['campaigns']>[string]): Check[] {
  const { prompts, speech, cache, endpoint: _, begin: __, log: ___, ...source } = campaign;
  const path = ['campaigns', name];
  const listed = once(() => readCallList(source.list));
  const opened = once(() => openPrompts({ prompts, speech, cache }));
  return [
    check([...path, prompts === undefined ? 'speech' : 'prompts'], opened),
    check([...path, 'list'], listed),
    check([...path, wayOf(source)], async () => {
      const list = await listed().catch(() => undefined);
      const library = list && (await opened().catch(() => undefined));
      if (library) await readCampaign(source, library);
    }),
  ];
}

function ofMachine(machine: NonNullable<ServiceConfig['answeringMachine']>): Check[] {
  const { prompts, speech, cache, greetings = [], transcriber, hook } = machine;
  const path = ['answeringMachine'];
  const opened = once(() => openPrompts({ prompts, speech, cache }));
  const said = [
    ...(['greeting', 'reviewPrompt', 'goodbye'] as const).map((field) => [[field], machine[field]] as const),
    ...greetings.map(({ greeting }, index) => [['greetings', index, 'greeting'], greeting] as const),
  ];
  const program = (field: string, command: string | undefined) =>
    command === undefined ? [] : [check([...path, field, 'command'], () => requireProgram(command))];
  return [
    check([...path, prompts === undefined ? 'speech' : 'prompts'], opened),
    ...said.flatMap(([field, spoken]) => {
      const what = speakableOf(spoken);
      if (what === undefined) return [];
      const attempt = async () => await (await opened().catch(() => undefined))?.ready([what]);
      return [check([...path, ...field], attempt)];
    }),
    ...program('transcriber', transcriber?.command),
    ...program('hook', hook?.command),
    ...(machine.encryptTo
      ? [check([...path, 'encryptTo'], () => tryRecorder({ encryptTo: machine.encryptTo }))]
      : []),
  ];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
