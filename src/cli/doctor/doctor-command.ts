import { Command } from 'commander';
import { printable, printLines } from '../terminal-text.js';
import { examine, type Finding } from './doctor-checks.js';

const MARKS = { ok: '✓', missing: '–', broken: '✗' } as const satisfies Record<Finding['status'], string>;

/** `jackfield doctor`: checks the components of this machine. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .option('--json', 'print one JSON object per line', false)
    .addHelpText(
      'after',
      '\nExit code 1 when something that everything needs is broken; missing optional components do not count.',
    )
    .action(async ({ json }: { readonly json: boolean }) => {
      const findings = await examine();
      printLines(
        findings.map((finding) => (json ? `${JSON.stringify(finding)}\n` : lineOf(finding))).join(''),
      );
      if (findings.some(({ status }) => status === 'broken')) process.exitCode = 1;
    });
}

function lineOf({ subject, status, found, remedy }: Finding): string {
  const advice = remedy === undefined ? '' : `\n    ${printable(remedy)}`;
  return `${MARKS[status]} ${subject}: ${printable(found)}${advice}\n`;
}
