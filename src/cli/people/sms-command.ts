import { Command } from 'commander';
import type { Sms } from '../../control.js';
import { attachTo } from '../endpoint-options.js';
import { between } from '../options.js';
import { Report } from '../report.js';
import { stopSignal } from '../shutdown.js';
import { printedTime } from '../terminal-text.js';
import { onEndpoint, type PeopleOptions } from './people-options.js';
import { type Printing, printChanges, printFound } from './print-objects.js';

/** `jackfield sms`: short messages to and from phones. */
export function smsCommand(): Command {
  const sms = new Command('sms');
  onEndpoint(sms, 'send')
    .description('Send a short message to phones and wait for its delivery.')
    .argument('<numbers>', 'phone numbers that begin with +, separated by commas')
    .argument('<words...>', 'the text')
    .option('--timeout <seconds>', 'longest wait for the delivery, 1 to 86400', between(1, 86_400), 120)
    .action(sendSms);
  onEndpoint(sms, 'list')
    .description('List messages: id, time, status, numbers, text.')
    .option('--missed', 'list only received messages that are unread')
    .action(listSms);
  onEndpoint(sms, 'follow')
    .description('Print every change of every message as it happens, until stopped.')
    .action(followSms);
  return sms;
}

async function sendSms(
  numbers: string,
  words: readonly string[],
  options: PeopleOptions & { readonly timeout: number },
): Promise<void> {
  const report = new Report(options.json);
  const limits = { timeoutMs: 1000 * options.timeout, signal: stopSignal() };
  await using attached = await attachTo(options, { name: 'jackfield sms' });
  const to = numbers.split(',').map((number) => number.trim());
  const sms = await attached.client.sms.send(to, words.join(' '));
  await sms.delivered(limits);
  report.line(await factsOf(sms), `Message ${sms.id} has arrived.`);
}

const listSms = (options: PeopleOptions & { readonly missed?: boolean }): Promise<void> =>
  printFound(
    options,
    MESSAGES,
    ({ sms }) => sms.search(options.missed ? 'MISSEDSMSS' : 'SMSS'),
    'No messages found.',
  );

const followSms = (options: PeopleOptions): Promise<void> =>
  printChanges<Sms, Facts>(
    options,
    MESSAGES,
    ({ sms }, changed) =>
      sms.on('property', (message, name, status) => {
        if (name === 'STATUS') changed(message, { status });
      }),
    'Following short messages',
  );

/** Facts of a message for `--json`. */
async function factsOf(sms: Sms) {
  const [type, status, body, at, numbers, replyTo] = await Promise.all([
    sms.text('TYPE'),
    sms.text('STATUS'),
    sms.get('BODY'),
    sms.get('TIMESTAMP'),
    sms.get('TARGET_NUMBERS'),
    sms.text('REPLY_TO_NUMBER'),
  ]);
  return { id: sms.id, type, status, atMs: 1000 * at, numbers, replyTo, body };
}

type Facts = Awaited<ReturnType<typeof factsOf>>;

function lineOf({ id, type, status, atMs, numbers, replyTo, body }: Facts): string {
  const at = atMs === 0 ? '-' : printedTime(atMs);
  const others = type === 'INCOMING' ? `from ${replyTo}` : `to ${numbers.join(', ')}`;
  return `${id}  ${at}  ${status}  ${others}  ${body}`;
}

const MESSAGES: Printing<Sms, Facts> = { program: 'jackfield sms', facts: factsOf, line: lineOf };
