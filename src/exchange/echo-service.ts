import type { Clock } from '../base/time/clock.js';
import { RobotDestination } from '../switch/robot.js';
import { beep, prompt } from './voice/prompt-files.js';

/** Length of the message that the call testing service records, in milliseconds. */
const MESSAGE_MS = 10_000;
const PAUSE_MS = 300;

/**
 * `echo123`, the call testing service: greets, beeps, records ten seconds, plays the recording back, says good-bye and
 * hangs up.
 */
export async function echoService(clock: Clock): Promise<RobotDestination> {
  const [greeting, goodbye] = await Promise.all([prompt('echo-greeting.wav'), prompt('echo-goodbye.wav')]);
  return new RobotDestination(
    { handle: 'echo123', fullName: 'Echo / Sound Test Service', network: 'P2P' },
    {
      ringMs: 1000,
      outcome: 'answer',
      steps: [
        { say: greeting },
        { say: beep() },
        { record: MESSAGE_MS },
        { say: beep() },
        { wait: PAUSE_MS },
        'play-back',
        { wait: PAUSE_MS },
        { say: goodbye },
      ],
      stay: false,
    },
    clock,
  );
}
