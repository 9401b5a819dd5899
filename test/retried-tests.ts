import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Reporter that names each test that passed only when it was tried again, with the error of its first try, so that
 * it is mended. It comes last of the reporters, so its lines are the last of a run. They are appended to the file
 * that `JACKFIELD_RETRIED` names, too.
 */
export class RetriedTests implements Reporter {
  readonly #retried: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (!test.diagnostic()?.flaky) return;
    const [first] = test.result().errors ?? [];
    const file = relative(process.cwd(), test.module.moduleId);
    const error = first?.message.split('\n')[0] ?? 'no error was told';
    this.#retried.push(`  ${file} > ${test.fullName}\n    ${error}\n`);
  }

  onTestRunEnd(_modules: readonly TestModule[]): void {
    if (this.#retried.length === 0) return;
    const lines = this.#retried.splice(0).sort().join('');
    const text = `Passed only when tried again (npm run test:steady -- FILE repeats it):\n${lines}`;
    process.stdout.write(`\n${text}`);
    const file = process.env['JACKFIELD_RETRIED'];
    if (file) appendFileSync(file, text);
  }
}
