import { checkArgument, checkOptions } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { type Bot, type BotPreparation, bot } from '../bot.js';
import { canSendMessages } from '../can-send-messages.js';
import { walk } from '../steps/flow-steps.js';
import { FLOW, type Flow, wholeOf } from './flow.js';
import { FLOW_BOT, type FlowBotOptions } from './flow-bot-options.js';
import { checkFolders } from './flow-folders.js';
import { type FlowAbility, needsOf } from './flow-needs.js';
import { FlowRun } from './flow-run.js';
import { conditionsIn } from './flow-values.js';
import { spoken } from './flow-variables.js';

/**
 * Makes a bot of a flow. A step without a next step ends the call.
 *
 * @throws ERR_INVALID_ARG when the flow uses hooks, queues or abilities that are not given; the message names all of
 * them.
 */
export function flowBot(flow: Flow, options: FlowBotOptions = {}): Bot {
  checkArgument('flow', flow, FLOW);
  checkOptions(options, FLOW_BOT);
  const whole = wholeOf(flow);
  const missing = whole.flatMap((each) => missingIn(each, options));
  if (missing.length > 0) throw new JackfieldError('ERR_INVALID_ARG', missing.join('\n'));
  const { name, language, goodbye } = flow.data;
  const { transcriber } = options;
  return bot((call) => FlowRun.of(flow, call, options).through(walk), {
    name,
    says: whole.flatMap(({ says }) => says),
    prepare: (host) => prepare(whole, host, options.sendMessage !== undefined),
    ...(transcriber && { transcriber }),
    analyse: whole.some(({ data }) => conditionsIn(data.steps).some(({ when }) => 'deadAirMs' in when)),
    ...(language !== undefined && { language }),
    ...(goodbye !== undefined && {
      goodbye: spoken(goodbye, new Map(), { folder: flow.folder, recorded: new Set() }),
    }),
  });
}

/**
 * Checks everything that could otherwise fail during a call.
 *
 * @throws ERR_FILE, ERR_UNSUPPORTED; as the prompts' `ready`.
 */
async function prepare(
  whole: readonly Flow[],
  given: BotPreparation | undefined,
  hasSender: boolean,
): Promise<void> {
  for (const each of whole) {
    await checkFolders(each.data, each.folder);
    if (!given) continue;
    for (const [language, says] of each.saysIn) await given.prompts.ready(says, { language });
    const [sends] = needsOf(each.data).filter(({ ability }) => ability === 'message');
    if (!sends || hasSender || (await canSendMessages(given.client))) continue;
    const message = `Step ${sends.step} of ${printable(each.file)} ${sends.message}.`;
    throw new JackfieldError('ERR_UNSUPPORTED', message);
  }
}

/** Returns the abilities of a bot with these options. */
function abilitiesOf({ transcriber, leaveVoicemail }: FlowBotOptions): readonly FlowAbility[] {
  return [
    'message',
    ...(transcriber ? (['speech'] as const) : []),
    ...(leaveVoicemail ? (['leaveVoicemail'] as const) : []),
  ];
}

function missingIn({ file, data }: Flow, options: FlowBotOptions): string[] {
  const { hooks = {}, http } = options;
  const abilities = abilitiesOf(options);
  const isQueue = (name: string) =>
    [options.queues, data.queues].some((all) => all && Object.hasOwn(all, name));
  return [
    ...Object.entries(data.steps).flatMap(([name, step]) =>
      step.do === 'hook' && !Object.hasOwn(hooks, step.name)
        ? [`Step ${name} of ${printable(file)} uses the hook ${step.name}: pass it as hooks.${step.name}.`]
        : step.do === 'enqueue' && !isQueue(step.queue)
          ? [
              `Step ${name} of ${printable(file)} uses the queue ${step.queue}: pass it as queues.${step.queue}.`,
            ]
          : [],
    ),
    ...needsOf(data, http ?? { hosts: [] })
      .filter(({ ability }) => !ability || !abilities.includes(ability))
      .map(({ step, message }) => `Step ${step} of ${printable(file)}: ${message}.`),
  ];
}
