import { Command } from 'commander';
import { JackfieldError } from '../../base/errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { signalExitCode, stopSignal } from '../shutdown.js';
import { type DemoOptions, runDemo } from './demo.js';
import { jsonView, lineView, terminalView } from './demo-view.js';

interface Options extends DemoOptions {
  readonly json: boolean;
  readonly sip: boolean;
}

/** `jackfield demo`: a complete call and recording without any setup. */
export function demoCommand(): Command {
  return new Command('demo')
    .option(
      '-i, --input <file>',
      'WAV file to speak, at any rate and with any channels (default: the file in the package)',
    )
    .option('-o, --out <folder>', 'folder for the recording', 'recordings')
    .option('--fast', 'run the call as fast as the sockets allow', false)
    .option(
      '--sip',
      'place a call over SIP between two exchanges on this machine, and compare their recordings',
      false,
    )
    .option('--json', 'print one JSON object and nothing else', false)
    .addHelpText('after', '\nCtrl-C hangs up and leaves valid files.')
    .action(async ({ json, sip, ...options }: Options) => {
      if (sip) {
        const { sipDemo } = await import('./sip-demo.js');
        if (!(await sipDemo(options))) process.exitCode = EXIT_CODES.faulty;
        return;
      }
      const view = json ? jsonView() : process.stdout.isTTY ? terminalView() : lineView();
      const hangUp = hangUpSignal();
      const result = await runDemo({ ...options, hangUp, view });
      view.summary(result);
      if (result.error) process.exitCode = EXIT_CODES.failed;
      if (hangUp.aborted) process.exitCode = signalExitCode(hangUp.reason);
    });
}

/**
 * Fires at the first SIGINT or SIGTERM. After SIGINT the files take as long as they take: a second one ends the demo at
 * once.
 */
function hangUpSignal(): AbortSignal {
  const interrupt = new AbortController();
  const stop = stopSignal({
    hasCalls: true,
    onInterrupt: () => interrupt.abort(new JackfieldError('ERR_ABORTED', 'Stopped by SIGINT.')),
  });
  return AbortSignal.any([interrupt.signal, stop]);
}
