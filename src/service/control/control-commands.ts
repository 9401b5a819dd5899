import { z } from 'zod';
import { CAMPAIGN_STAGES } from '../campaign-stage.js';

const text = z.string().min(1).max(2000);
const call = z.number().int().min(0).describe('Id of the call, as listed by `calls`.');
const account = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Account of the call. Required when several accounts have calls.');
const word = z.string();
const count = z.number().int().min(0);
const ofCall = { call, account };
const done = z.strictObject({ call: count, account: word });

/** Arguments of a command, by name. Required ones are positional on the command line, in this order. */
type Arguments = Readonly<Record<string, z.ZodType>>;

interface Command<A extends Arguments, R extends z.ZodType> {
  readonly does: string;
  /** Method and path of the REST API. `{call}` is the argument of that name; the others are in the body. */
  readonly at: `${'GET' | 'POST'} /${string}`;
  readonly takes: z.ZodObject<A, z.core.$strict>;
  readonly gives: R;
}

function command<A extends Arguments, R extends z.ZodType>(
  does: string,
  at: Command<A, R>['at'],
  takes: A,
  gives: R,
): Command<A, R> {
  return { does, at, takes: z.strictObject(takes), gives };
}

/** A call in the result of `calls`. */
const callView = z.strictObject({
  endpoint: word.describe('Name in the configuration.'),
  account: word,
  call: count,
  partner: word,
  direction: z.enum(['in', 'out', 'unknown']),
  status: word.describe('Status as in the protocol.'),
  bot: word.optional().describe('Name of the bot on the call.'),
  recorded: z.boolean(),
  paused: z.boolean().describe('True while the recording of the call is masked.'),
});

const campaign = z.string().min(1).max(64).describe('Name of the campaign in the configuration.');
const campaignView = z.strictObject({
  campaign: word,
  endpoint: word,
  stage: z
    .enum(CAMPAIGN_STAGES)
    .describe(
      'waiting: its endpoint is not attached; stopping: its last calls are in progress; idle: not started.',
    ),
  targets: count.describe('Number of targets on the list.'),
  outcomes: z.record(word, count).describe('Number of targets by the outcome of their last call.'),
  reason: word.optional().describe('Reason why the campaign waits or has failed.'),
});

const statusView = z.strictObject({
  pid: count,
  startedAt: z.iso.datetime(),
  draining: z.boolean(),
  endpoints: z.array(z.strictObject({ name: word, account: word, up: z.boolean(), calls: count })),
  recordings: count.describe('Recordings in progress.'),
  readers: z
    .array(z.strictObject({ name: word, waiting: count, dropped: count }))
    .describe('Readers of the event feed, each with its waiting and its lost events.'),
});

/**
 * The commands of a running service. `jackfield ctl`, the protocol of the control socket, and the REST API with its
 * OpenAPI document are generated from this table.
 */
export const CONTROL_COMMANDS = {
  status: command(
    'Show the state of the service: endpoints, recordings, readers.',
    'GET /status',
    {},
    statusView,
  ),
  calls: command('List the calls in progress.', 'GET /calls', {}, z.array(callView)),
  call: command(
    'Call somebody.',
    'POST /calls',
    {
      to: text.describe('Handle or phone number; several, separated by commas, for a conference.'),
      account: account.describe('Account that places the call. Required when the service has several.'),
      bot: word
        .min(1)
        .max(64)
        .optional()
        .describe('Name of a bot in the configuration. It talks after the call is answered.'),
    },
    done,
  ),
  answer: command('Answer a ringing call.', 'POST /calls/{call}/answer', ofCall, done),
  hangup: command('Hang up a call, or refuse a ringing call.', 'POST /calls/{call}/hangup', ofCall, done),
  hold: command('Put a call on hold.', 'POST /calls/{call}/hold', ofCall, done),
  resume: command('Take a call off hold.', 'POST /calls/{call}/resume', ofCall, done),
  digits: command(
    'Press keys in a call.',
    'POST /calls/{call}/digits',
    {
      call,
      digits: z
        .string()
        .regex(/^[0-9*#]{1,100}$/, 'Expected 1 to 100 of 0-9, * and #')
        .describe('Of 0-9, * and #.'),
      account,
    },
    done,
  ),
  transfer: command(
    'Transfer a call to somebody else.',
    'POST /calls/{call}/transfer',
    { call, to: text.describe('Handle or phone number.'), account },
    done,
  ),
  say: command(
    'Let the bot on a call say something.',
    'POST /calls/{call}/say',
    { call, text: text.describe('Name of a prompt, or words for the speech engine of the bot.'), account },
    done,
  ),
  'record-pause': command(
    'Mask the recording of a call from now on.',
    'POST /calls/{call}/record/pause',
    ofCall,
    done,
  ),
  'record-resume': command(
    'Stop masking the recording of a call.',
    'POST /calls/{call}/record/resume',
    ofCall,
    done,
  ),
  campaigns: command('Show the campaigns and their progress.', 'GET /campaigns', {}, z.array(campaignView)),
  'campaign-start': command(
    'Start or resume a campaign. It stays started after a restart.',
    'POST /campaigns/start',
    { campaign },
    campaignView,
  ),
  'campaign-stop': command(
    'Stop a campaign: place no more calls. Calls in progress continue. It stays stopped after a restart.',
    'POST /campaigns/stop',
    { campaign },
    campaignView,
  ),
  drain: command(
    'Answer no more calls. The service ends after the last call of its bots.',
    'POST /drain',
    {},
    z.strictObject({ calls: count.describe('Calls in progress.') }),
  ),
  reload: command(
    'Reload the configuration. Shows the parts that could not change.',
    'POST /reload',
    {},
    z.strictObject({ unchanged: z.array(word).describe('Parts that change only at the next start.') }),
  ),
  tail: command('Follow the events until the service ends.', 'GET /events', {}, z.strictObject({})),
} as const;

/** Name of a command. */
export type ControlCommand = keyof typeof CONTROL_COMMANDS;
/** Arguments of a command. */
export type ControlArguments<C extends ControlCommand> = z.infer<(typeof CONTROL_COMMANDS)[C]['takes']>;
/** Result of a command. */
export type ControlResult<C extends ControlCommand> = z.infer<(typeof CONTROL_COMMANDS)[C]['gives']>;

/** Each command with its name. */
export function controlCommands(): readonly (Command<Arguments, z.ZodType> & {
  readonly name: ControlCommand;
})[] {
  return Object.entries(CONTROL_COMMANDS).map(([name, row]) => ({ ...row, name: name as ControlCommand }));
}

/** Describes the arguments of a command: `call: Id of the call ... account (may be absent): ...`. */
export function expectedArguments(name: ControlCommand): string {
  const shape: Arguments = CONTROL_COMMANDS[name].takes.shape;
  const fields = Object.entries(shape).map(
    ([field, schema]) => `${field}${schema.isOptional() ? ' (may be absent)' : ''}: ${schema.description}`,
  );
  return fields.join(' ') || 'no arguments';
}
