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
    .description('Tell all that is wrong with a configuration; exit code 1 where anything is.')
    .argument('<file>', 'configuration of jackfield serve (YAML or JSON)')
    .option('--json', 'print JSON lines', false)
    .action(check);
  config
    .command('try')
    .description('Say which rule would answer a call, and what keeps the others from it. Nobody is called.')
    .argument('<file>', 'configuration of jackfield serve (YAML or JSON)')
    .requiredOption('--from <handle>', 'who calls: a handle or a number')
    .option('--to <handle>', 'the number, or the handle of the account, that is called (default: not known)')
    .option('--endpoint <name>', 'endpoint that the call comes to (default: each of them)')
    .option(
      '--at <time>',
      'when, as 2026-11-30T09:00, in UTC unless it has a zone (default: now)',
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
    : `${endpoint}: nobody, for no rule fits`;
  return [
    head,
    ...verdicts.map((verdict) => {
      const { rule, fits, reason } = verdict;
      const place = `${rule.name} (priority ${rule.priority ?? 0}, ${rule.answer})`;
      if (verdict === winner) return `  decides: ${place}: ${reason}`;
      return fits ? `  comes later: ${place}: ${reason}` : `  does not fit: ${place}: ${reason}`;
    }),
  ];
}
