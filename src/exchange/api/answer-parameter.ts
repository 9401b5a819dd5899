import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import type {
  EndpointMessage,
  GetParameterCommand,
  ParameterName,
  SetParameterCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Asking } from '../object/object-kind.js';
import { PARAMETER_RULES, type ParameterRule } from './parameter-rules.js';
import { Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

const ON_OFF = /^(ON|OFF)$/i;

/** Answers `GET <parameter> [<argument>]`. @throws Refusal */
export function getParameter(
  asking: Asking,
  { parameter, argument }: GetParameterCommand,
): EndpointMessage | Promise<EndpointMessage> {
  const rule = ruleOf(parameter);
  if (rule.noTarget && argument.trim() !== '') throw new Refusal(rule.noTarget);
  const value = rule.get ? rule.get(asking, argument.trim()) : asking.user.parameters.get(parameter);
  if (value === undefined) throw new Refusal('get-what');
  const reply = (given: string | EndpointMessage) =>
    typeof given === 'string' ? replies.parameter(parameter, given) : given;
  return value instanceof Promise ? value.then(reply) : reply(value);
}

/** Answers `SET <parameter> [<value>]`. @throws Refusal */
export function setParameter(
  asking: Asking,
  command: SetParameterCommand,
): EndpointMessage | Promise<EndpointMessage> {
  const { parameter, value } = command;
  const spec: PropertySpec = PARAMETERS[parameter];
  if (spec.access !== 'read-write') throw new Refusal('set-what');
  const rule = ruleOf(parameter);
  if (rule.set) return rule.set(asking, value, command.commandId);
  const typed = ofType(spec, value, rule);
  const checked = rule.check ? rule.check(asking, typed) : typed;
  return checked instanceof Promise
    ? checked.then((kept) => store(asking, parameter, kept))
    : store(asking, parameter, checked);
}

/** Changes a parameter from the window, without a command, and notifies clients. */
export function changeParameter(
  services: Services,
  user: ExchangeUser,
  parameter: ParameterName,
  value: string,
): void {
  user.setParameter(parameter, value);
  services.saveUser(user);
  user.notify(replies.parameter(parameter, value));
}

/**
 * Carries out FOCUS and MINIMIZE: changes the main window and notifies clients (reference, "FOCUS", from release 3.6
 * on).
 */
export function moveWindow(user: ExchangeUser, command: 'focus' | 'minimize'): void {
  const state = user.parameters.get('WINDOWSTATE') ?? 'NORMAL';
  const shown = state === 'MAXIMIZED' ? state : 'NORMAL';
  const value = command === 'minimize' ? 'HIDDEN' : shown;
  user.setParameter('WINDOWSTATE', value);
  if (command === 'focus') user.screen.showMain();
  user.notify(replies.parameter('WINDOWSTATE', value));
}

function store(asking: Asking, parameter: ParameterName, value: string): EndpointMessage {
  const { services, user } = asking;
  const rule = ruleOf(parameter);
  const reply = replies.parameter(parameter, value);
  taking(errorOf(rule), () => user.setParameter(parameter, value));
  services.saveUser(user);
  rule.changed?.(asking);
  user.screen.changed();
  for (let times = rule.told ?? 0; times > 0; times--) user.notify(reply);
  return reply;
}

/** Gives the value in the spelling of its catalogue type. @throws Refusal */
function ofType(spec: PropertySpec, value: string, rule: ParameterRule): string {
  const upper = value.toUpperCase();
  if (spec.type === 'onoff' ? !ON_OFF.test(value) : spec.type === 'enum' && !spec.values?.includes(upper)) {
    throw new Refusal(errorOf(rule));
  }
  return spec.type === 'onoff' || spec.type === 'enum' ? upper : value;
}

function ruleOf(parameter: ParameterName): ParameterRule {
  return PARAMETER_RULES[parameter] ?? {};
}

function errorOf({ error = 'parameter-value' }: ParameterRule) {
  return error;
}
