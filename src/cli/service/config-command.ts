import { Command } from 'commander';
import {
  type AnswerRule,
  checkConfig,
  formatConfigProblem,
  JackfieldError,
  serviceConfigJsonSchema,
  type Verdict,
  weighRules,
} from '../../service.js';
import { dateOption } from '../options.js';
import { printLine } from '../terminal-text.js';

/** `jackfield config`: checks and tries the configuration of a service. */
export function configCommand(): Command {
  const config = new Command('config');
  config
    .command('check')
    .description('Report every error in a configuration; exit code 1 when there is one.')
    .argument('<file>', 'configuration of jackfield serve (YAML or JSON)')
    .option('--json', 'print one JSON object per line', false)
    .action(check);
  config
    .command('try')
    .description('Show which rule would answer a call and why the other rules would not. No call is placed.')
    .argument('<file>', 'configuration of jackfield serve (YAML or JSON)')
    .requiredOption('--from <handle>', 'handle or number of the caller')
    .option('--to <handle>', 'number or account handle that is called (default: not known)')
    .option('--endpoint <name>', 'endpoint that receives the call (default: each endpoint)')
    .option(
      '--at <time>',
      'time of the call, such as 2026-11-30T09:00, in UTC unless it has a zone (default: now)',
      dateOption,
    )
    .option('--status <status>', 'status of the account', 'ONLINE')
    .option('--json', 'print a JSON object for each rule', false)
    .action(tryOut);
  config
    .command('schema')
    .description('Print the JSON Schema of the configuration, for editors.')
    .action(() => printLine(JSON.stringify(serviceConfigJsonSchema())));
  return config;
}

async function check(file: string, { json }: { readonly json: boolean }): Promise<void> {
  const { problems } = await checkConfig(file);
  for (const problem of problems) printLine(json ? JSON.stringify(problem) : formatConfigProblem(problem));
  if (problems.length > 0) process.exitCode = 1;
  else if (!json) printLine(`${file}: no errors.`);
}

interface TryOptions {
  readonly from: string;
  readonly to?: string;
  readonly endpoint?: string;
  readonly at?: Date;
  readonly status: string;
  readonly json: boolean;
}

async function tryOut(file: string, options: TryOptions): Promise<void> {
  const { from: caller, to: called = '', at = new Date(), status: userStatus, json } = options;
  const { config, problems } = await checkConfig(file, process.env, { files: false });
  for (const problem of problems) printLine(formatConfigProblem(problem));
  if (!config) {
    process.exitCode = 1;
    return;
  }
  const { rules = [], calendars = {}, endpoints } = config;
  if (options.endpoint !== undefined && !Object.hasOwn(endpoints, options.endpoint)) {
    const known = Object.keys(endpoints).join(', ');
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `There is no endpoint ${options.endpoint}: give one of ${known}.`,
    );
  }
  const names = options.endpoint === undefined ? Object.keys(endpoints) : [options.endpoint];
  for (const endpoint of names) {
    const offered = { endpoint, caller, called, userStatus, unixMs: at.getTime() };
    const verdicts = weighRules(rules, calendars, offered);
    const winner = verdicts.find(({ fits }) => fits);
    if (json) {
      for (const { rule, fits, reason } of verdicts) {
        const answers = winner?.rule === rule;
        printLine(JSON.stringify({ endpoint, rule: rule.name, answer: rule.answer, fits, answers, reason }));
      }
    } else for (const line of verdictLines(endpoint, verdicts, winner)) printLine(line);
  }
}

function verdictLines(
  endpoint: string,
  verdicts: readonly Verdict<AnswerRule>[],
  winner: Verdict<AnswerRule> | undefined,
): string[] {
  const head = winner
    ? `${endpoint}: ${winner.rule.answer}, by the rule ${winner.rule.name}`
    : `${endpoint}: no rule matches`;
  return [
    head,
    ...verdicts.map((verdict) => {
      const { rule, fits, reason } = verdict;
      const place = `${rule.name} (priority ${rule.priority ?? 0}, ${rule.answer})`;
      if (verdict === winner) return `  decides: ${place}: ${reason}`;
      return fits ? `  not reached: ${place}: ${reason}` : `  does not match: ${place}: ${reason}`;
    }),
  ];
}
