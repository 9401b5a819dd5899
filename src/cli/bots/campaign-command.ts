import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { printable } from '../../base/printable.js';
import { FROM_TIME, type Hours, TO_TIME } from '../../base/time/hours.js';
import { WEEKDAYS, type Weekday } from '../../base/time/local-time.js';
import { whenFired } from '../../base/wait.js';
import {
  BotHost,
  CAMPAIGN_DEFAULTS,
  type CampaignEntry,
  CampaignLog,
  type CampaignQuery,
  type CampaignResult,
  type CampaignSource,
  type CampaignSummary,
  campaignReport,
  openPrompts,
  readCampaign,
  runCampaign,
} from '../../bot.js';
import { JackfieldError, PcmServer } from '../../pcm.js';
import { flowVoicemail } from '../../voicemail.js';
import { attachTo, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { between, dateOption, numberFrom } from '../options.js';
import { joinerOf, offerVoices, type ShareOptions, withShare } from '../share-options.js';
import { stopSignal } from '../shutdown.js';
import {
  printDocument,
  printedTime,
  printLine,
  warnDamage,
  warnLine,
  warnNothing,
} from '../terminal-text.js';
import { type TableColumn, textTable } from '../text-table.js';
import { type HookOptions, httpOf, withHooks } from './flow-options.js';
import { type PromptOptions, promptsOf, withPrompts } from './prompt-options.js';

const OUTCOMES = [
  'done',
  'hung-up',
  'failed',
  'unanswered',
  'error',
  'unsaid',
  'do-not-call',
  'calling',
  'interrupted',
] as const;

/** `jackfield campaign`: calls everybody on a list, and shows the results. */
export function campaignCommand(): Command {
  const campaign = new Command('campaign');
  withRunOptions(withCatalogue(withShare(withHooks(withPrompts(withEndpoint(campaign.command('run')))))));
  withCatalogue(campaign.command('results'))
    .description('List the calls of one campaign or of all campaigns, oldest first.')
    .argument('[name]', 'name of the campaign')
    .option('--target <text>', 'only targets with this text in their name')
    .addOption(new Option('--outcome <outcome>', 'only calls with this outcome').choices([...OUTCOMES]))
    .option('--since <date>', 'only calls placed at or after this time', dateOption)
    .option('--until <date>', 'only calls placed before this time', dateOption)
    .option('--text <text>', 'only calls with this text in a variable or an error')
    .option('--limit <n>', 'at most this many', between(1, 1_000_000), 1000)
    .action(results);
  campaign
    .command('report')
    .description('Report a campaign as CSV, JSON or HTML. Cells of the CSV never start a formula.')
    .argument('<name>', 'name of the campaign')
    .option('-o, --out <folder>', 'folder of recordings, which holds the catalogue', 'recordings')
    .addOption(
      new Option('--format <format>', 'format of the report').choices(['csv', 'json', 'html']).default('csv'),
    )
    .action(report);
  withCatalogue(campaign.command('list')).description('List all campaigns with their figures.').action(list);
  return campaign;
}

function withRunOptions(command: Command): Command {
  return command
    .description(
      'Call everybody on a list. Run the command again to continue after a stop; nobody is called twice.',
    )
    .argument(
      '<list>',
      'CSV or JSON with a column "target"; the other columns become {variables} of the flow',
    )
    .option('--flow <file>', 'flow to run when a call is answered')
    .option(
      '--script <module>',
      'JavaScript module in place of a flow: its default export runs for each call',
    )
    .option('--name <name>', 'name of the campaign (default: name of the list)')
    .option('--concurrency <count>', 'most calls at once', between(1, 1000), CAMPAIGN_DEFAULTS.concurrency)
    .option(
      '--per-minute <count>',
      `most calls placed in a minute (default: ${CAMPAIGN_DEFAULTS.callsPerMinute}, or 60 times --per-second)`,
      numberFrom(0.001, 6000),
    )
    .option('--per-second <count>', 'most calls placed in a second', numberFrom(0.001, 100))
    .option('--attempts <count>', 'most calls to one target', between(1, 20), CAMPAIGN_DEFAULTS.attempts)
    .option(
      '--retry-after <minutes>',
      'wait before a target that was not reached is called again',
      numberFrom(0, 5_256_000),
      CAMPAIGN_DEFAULTS.retryAfterMs / 60_000,
    )
    .option('--hours <from-to>', 'call call only within these hours, such as 09:00-20:00', hoursOption)
    .option('--weekdays <days>', 'call call only on these days, such as mon,tue,wed', weekdaysOption)
    .option(
      '--timezone <zone>',
      'time zone of targets without a column "timezone" (default: time zone of the flow)',
    )
    .option(
      '--zones <zones>',
      'time zones by number prefix, such as +44=Europe/London,+1=America/New_York',
      zonesOption,
    )
    .option('--holidays <dates>', 'do not call on these days, such as 2027-12-25,2027-12-26', (days) =>
      days.split(','),
    )
    .option(
      '--do-not-call <file>',
      'do not call the numbers in this file, one per line; it is read before each call',
    )
    .option('--do-not-call-key <key>', 'key that adds the called number to that list')
    .option('--ring <seconds>', 'longest time to ring', numberFrom(1, 3600), CAMPAIGN_DEFAULTS.ringMs / 1000)
    .option('--dry-run', 'list the targets without calling them', false)
    .action(run);
}

function withCatalogue(command: Command): Command {
  return command
    .option('-o, --out <folder>', 'folder of recordings, which holds the catalogue', 'recordings')
    .option('--json', 'print one JSON object per line', false);
}

interface CatalogueOptions {
  readonly out: string;
  readonly json: boolean;
}

interface RunOptions extends CatalogueOptions, EndpointOptions, PromptOptions, HookOptions, ShareOptions {
  readonly flow?: string;
  readonly script?: string;
  readonly name?: string;
  readonly concurrency: number;
  readonly perMinute?: number;
  readonly attempts: number;
  readonly retryAfter: number;
  readonly hours?: Hours;
  readonly weekdays?: readonly Weekday[];
  readonly timezone?: string;
  readonly zones?: Readonly<Record<string, string>>;
  readonly perSecond?: number;
  readonly holidays?: readonly string[];
  readonly doNotCall?: string;
  readonly doNotCallKey?: string;
  readonly ring: number;
  readonly dryRun: boolean;
}

async function run(file: string, options: RunOptions): Promise<void> {
  const name = options.name ?? basename(file, extname(file));
  const prompts = await openPrompts(promptsOf(options));
  const { targets, bot, warnings, ...plan } = await readCampaign(sourceOf(file, options), prompts);
  for (const warning of warnings) warnLine(warning);
  using log = CampaignLog.open(options.out, { existing: options.dryRun });
  if (options.dryRun) {
    const called = new Set(
      log
        .search({ campaign: name, limit: -1 })
        .flatMap(({ target, outcome }) => (outcome === 'unsaid' ? [] : [target.toLowerCase()])),
    );
    const left = targets.filter(({ target }) => !called.has(target.toLowerCase()));
    if (left.length === 0) warnNothing('Everybody on the list has been called.');
    for (const { target } of left) printLine(options.json ? JSON.stringify({ target }) : target);
    warnOf(log);
    return;
  }
  const noMore = new AbortController();
  const onInterrupt = () => {
    warnLine('No more calls are placed; calls in progress continue. Press Ctrl-C again to end them.');
    noMore.abort();
  };
  const hangUp = stopSignal({ onInterrupt, hasCalls: true });
  const stop = AbortSignal.any([noMore.signal, hangUp]);
  const servers: PcmServer[] = [];
  await using _voices = await offerVoices(() => servers);
  const join = joinerOf(options);
  await using attached = await attachTo(options, { name: 'jackfield campaign' });
  await using server = new PcmServer();
  servers.push(server);
  await using host = new BotHost({ client: attached.client, server, prompts, join });
  whenFired(hangUp, () => void host[Symbol.asyncDispose]());
  const leaveVoicemail = flowVoicemail({ client: attached.client, server, prompts });
  const calls = runCampaign(host, (line) => bot(line, { leaveVoicemail }), targets, {
    ...plan.options,
    store: log.store(name),
    signal: stop,
  });
  for await (const result of calls) print({ campaign: name, ...result }, options.json);
  const summary = log.summaries().find(({ campaign }) => campaign === name);
  if (!options.json && summary) printLine(summaryLine(summary));
  if (stop.aborted) warnLine('Stopped. Run the command again to continue.');
}

function sourceOf(list: string, options: RunOptions): CampaignSource {
  const { flow, script, hooks, concurrency, attempts, hours, weekdays, timezone } = options;
  const { zones, holidays, doNotCall, doNotCallKey, perMinute, perSecond } = options;
  return {
    ...{ list, flow, script, hooks, http: httpOf(options), concurrency, attempts, hours, weekdays, timezone },
    ...{ zones, holidays, doNotCall, doNotCallKey, callsPerMinute: perMinute, callsPerSecond: perSecond },
    retryAfterMs: options.retryAfter * 60_000,
    ringMs: options.ring * 1000,
  };
}

function hoursOption(text: string): Hours {
  const [from = '', to = ''] = text.split('-');
  if (FROM_TIME.test(from) && TO_TIME.test(to) && text === `${from}-${to}`) return { from, to };
  throw new InvalidArgumentError('Give hours such as 09:00-20:00. The end of the day is 24:00.');
}

function zonesOption(text: string): Record<string, string> {
  const zones = text.split(',').map((each) => /^\s*([^=\s]{1,20})=(\S+)\s*$/.exec(each)?.slice(1, 3));
  if (zones.every((zone) => zone !== undefined)) return Object.fromEntries(zones);
  throw new InvalidArgumentError('Give zones such as +44=Europe/London,+1=America/New_York.');
}

function weekdaysOption(text: string): Weekday[] {
  return text.split(',').map((day) => {
    const found = WEEKDAYS.find((each) => each === day.trim().toLowerCase());
    if (found) return found;
    throw new InvalidArgumentError(`Give days from ${WEEKDAYS.join(', ')}, separated by commas.`);
  });
}

interface ResultsOptions extends CatalogueOptions {
  readonly target?: string;
  readonly outcome?: CampaignResult['outcome'];
  readonly since?: Date;
  readonly until?: Date;
  readonly text?: string;
  readonly limit: number;
}

async function results(name: string | undefined, { out, json, ...rest }: ResultsOptions): Promise<void> {
  using log = await openLog(out);
  const query: CampaignQuery = { ...rest, ...(name !== undefined && { campaign: name }) };
  const entries = log.search(query);
  if (entries.length === 0) warnNothing(`No matching calls in ${out}.`);
  if (json) for (const entry of entries) printLine(JSON.stringify(entry));
  else for (const line of textTable(entries.map(row), COLUMNS)) printLine(line);
  warnOf(log);
}

async function report(
  name: string,
  { out, format }: { readonly out: string; readonly format: 'csv' | 'json' | 'html' },
): Promise<void> {
  using log = await openLog(out);
  const calls = log.search({ campaign: name, limit: -1 });
  if (calls.length === 0) warnNothing(`No calls of ${name} in ${out}.`);
  printDocument(campaignReport(calls, { format, title: name }));
  warnOf(log);
}

async function list({ out, json }: CatalogueOptions): Promise<void> {
  using log = await openLog(out);
  const summaries = log.summaries();
  if (summaries.length === 0) warnNothing(`No campaigns in ${out}.`);
  for (const summary of summaries) {
    printLine(json ? JSON.stringify(summary) : summaryLine(summary));
  }
  warnOf(log);
}

/** Reports damaged rows of the log as a fault. */
function warnOf(log: CampaignLog): void {
  warnDamage(
    log.damaged(),
    'Campaigns place no calls until this is repaired: restore the file from a backup.',
  );
}

async function openLog(folder: string): Promise<CampaignLog> {
  const is = await stat(folder).catch(() => undefined);
  if (is?.isDirectory()) return CampaignLog.open(folder, { existing: true });
  throw new JackfieldError(
    'ERR_FILE',
    `There is no folder ${printable(folder)}: give the folder of the campaign with --out.`,
  );
}

function print(entry: CampaignEntry, json: boolean): void {
  if (json) printLine(JSON.stringify(entry));
  else for (const line of textTable([row(entry)], COLUMNS)) printLine(line);
}

/** Time, campaign, target, attempt, length, outcome, notes. */
const COLUMNS: readonly TableColumn[] = [
  ...[{}, {}, { minWidth: 20 }, {}],
  ...[{ align: 'right', minWidth: 8 } as const, { minWidth: 11 }, {}],
];

/** Variables that the row shows in other columns. */
const OWN_VARIABLES: ReadonlySet<string> = new Set(['caller', 'callerName', 'call', 'today']);

function row({
  campaign,
  target,
  attempt,
  placedAtMs,
  durationMs,
  outcome,
  status,
  retry,
  error,
  variables,
}: CampaignEntry): string[] {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const values = Object.entries(variables).filter(([name]) => !OWN_VARIABLES.has(name));
  const notes = [
    ...(outcome === 'unanswered' ? [status] : []),
    ...values.map(([name, value]) => `${name}=${value}`),
    ...(error === undefined ? [] : [error]),
    ...(retry ? ['will be called again'] : []),
  ];
  const at = printedTime(placedAtMs);
  return [at, campaign, target, `call ${attempt}`, seconds, outcome, notes.join('; ')];
}

function summaryLine({ campaign, targets, calls, outcomes }: CampaignSummary): string {
  const parts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${campaign}: ${targets} targets, ${calls} calls; ${parts.join(', ')}.`;
}
