// Reminds somebody of an appointment, and leaves a voicemail where nobody answers: `npm run example -- bot-reminder`.
import { attach, BotHost, bot, Exchange, PcmServer, Prompts, TcpTransport } from 'jackfield';
import { type BotResult, melodyEngine, type Speakable } from 'jackfield/bot';
import { leaveVoicemail } from 'jackfield/voicemail';

/** What is said, to a person and to a machine alike. */
const REMINDER: Speakable = [{ text: 'You have an appointment' }, { date: '2027-03-01' }, { time: '14:30' }];

export interface Options {
  readonly target?: string;
  /** How long it rings before a voicemail is left, in milliseconds. */
  readonly ringMs?: number;
  /** Port of an endpoint that is running; without one, an exchange is started here. */
  readonly port?: number;
}

/** Returns the result of the call, and how many seconds of voicemail were left. */
export async function run(
  options: Options = {},
): Promise<{ readonly call: BotResult['outcome']; readonly voicemailSeconds: number }> {
  const { target = 'anna', ringMs = 500, port } = options;
  await using exchange =
    port === undefined
      ? await Exchange.start({ users: [{ handle: 'clinic' }, { handle: 'anna' }] })
      : undefined;
  const at = port ?? (await exchange?.listen({ handle: 'clinic' })) ?? 0;
  await using client = await attach(new TcpTransport({ port: at }));
  await using server = new PcmServer();
  const prompts = await Prompts.open({ engine: melodyEngine() });
  await using host = new BotHost({ client, server, prompts });

  const reminder = bot((call) => call.say(REMINDER).then(() => undefined), { says: [REMINDER] });
  const { outcome } = await host.call(reminder, target, { timeoutMs: ringMs });
  if (outcome !== 'unanswered') return { call: outcome, voicemailSeconds: 0 };
  const from = { source: prompts.render(REMINDER) };
  const message = await leaveVoicemail(client, target, { server, from, greeting: 'skip' });
  const { durationSeconds } = await message.sent;
  return { call: outcome, voicemailSeconds: durationSeconds };
}
