import { Command } from 'commander';
import { checkConfig, formatConfigProblem, serviceConfigJsonSchema } from '../../service.js';
import { printLine } from '../terminal-text.js';

/** `jackfield config`: checks the configuration of a service. */
export function configCommand(): Command {
  const config = new Command('config');
  config
    .command('check')
    .description('Tell all that is wrong with a configuration; exit code 1 where anything is.')
    .argument('<file>', 'configuration of jackfield serve (YAML or JSON)')
    .option('--json', 'print JSON lines', false)
    .action(check);
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
