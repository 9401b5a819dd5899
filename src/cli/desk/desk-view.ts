import type { DeskCall, DeskState, DeskTransfer } from '../../exchange.js';

/** Formats changes at a desk as lines for people. */
export function changeLines(changes: Partial<DeskState>, before: DeskState): string[] {
  const lines = Object.keys(changes).flatMap((part) => partLines(part as keyof DeskState, changes, before));
  return lines.filter((line) => line !== '');
}

/** Formats the whole state of a desk as lines. */
export function stateLines(state: DeskState): string[] {
  const { handle, status, windowState, front, contact, calls, transfers, menu, alerts, questions } = state;
  return [
    `${handle} is ${status}; the window is ${windowState}, ${titled(front)} in front.`,
    ...(contact === '' ? [] : [`Focus: ${contact}`]),
    ...calls.map(callLine),
    ...transfers.map(transferLine),
    ...menu.map(({ id, context, caption, program }) => `Menu ${context}: ${caption} (${id}, of ${program})`),
    ...alerts.map(({ id, caption, program }) => `Alert: ${caption} (${id}, of ${program})`),
    ...questions.map(({ id, program }) => `Question ${id}: silent mode for "${program}"? yes or no`),
  ];
}

function partLines(part: keyof DeskState, changes: Partial<DeskState>, before: DeskState): string[] {
  switch (part) {
    case 'calls':
      return callChanges(changes.calls ?? [], before.calls);
    case 'transfers':
      return transferChanges(changes.transfers ?? [], before.transfers);
    case 'menu':
      return added(changes.menu ?? [], before.menu).map(
        ({ id, context, caption, program }) => `Menu ${context}: ${caption} (${id}, of ${program})`,
      );
    case 'alerts':
      return added(changes.alerts ?? [], before.alerts).map(
        ({ id, caption, program }) => `Alert: ${caption} (${id}, of ${program})`,
      );
    case 'questions':
      return added(changes.questions ?? [], before.questions).map(
        ({ id, program }) => `Question ${id}: silent mode for "${program}"? yes or no`,
      );
    case 'front':
      return changes.front ? [`In front: ${titled(changes.front)}`] : [];
    case 'status':
    case 'windowState':
    case 'contact':
    case 'dialled':
    case 'language':
    case 'wallpaper':
    case 'muted':
    case 'silent':
      return [`${NAMES[part]}: ${String(changes[part])}`];
    default:
      return [];
  }
}

const NAMES = {
  status: 'Status',
  windowState: 'Window',
  contact: 'Focus',
  dialled: 'Dial pad',
  language: 'Language',
  wallpaper: 'Wallpaper',
  muted: 'Muted',
  silent: 'Silent',
} as const;

/** Lines for new statuses and for the ends of calls. Changes of the duration are not shown. */
function callChanges(now: readonly DeskCall[], before: readonly DeskCall[]): string[] {
  const told = now.filter(({ id, status }) => before.find((call) => call.id === id)?.status !== status);
  const ended = before.filter(({ id }) => !now.some((call) => call.id === id));
  return [...told.map(callLine), ...ended.map(({ id, partner }) => `Call ${id} with ${partner} is over.`)];
}

/** Lines for new statuses and for the ends of file transfers. Changes of the byte count are not shown. */
function transferChanges(now: readonly DeskTransfer[], before: readonly DeskTransfer[]): string[] {
  const told = now.filter(({ id, status }) => before.find((each) => each.id === id)?.status !== status);
  const over = before.filter(({ id }) => !now.some((each) => each.id === id));
  return [...told.map(transferLine), ...over.map(({ id, fileName }) => `File ${id}, ${fileName}, is over.`)];
}

function transferLine({ id, direction, partner, fileName, status, size, waits }: DeskTransfer): string {
  const way = direction === 'INCOMING' ? 'from' : 'to';
  return `File ${id}: ${fileName} (${size} bytes) ${way} ${partner} ${status}${waits ? ' - accept, cancel' : ''}`;
}

function callLine({ id, partner, partnerName, status, rings, seconds }: DeskCall): string {
  const name = partnerName === partner ? partner : `${partnerName} (${partner})`;
  const what = rings ? ' - answer, refuse, voicemail' : seconds > 0 ? `, ${seconds} s` : '';
  return `Call ${id}: ${name} ${status}${what}`;
}

function added<T>(now: readonly T[], before: readonly T[]): T[] {
  const known = new Set(before.map((each) => JSON.stringify(each)));
  return now.filter((each) => !known.has(JSON.stringify(each)));
}

function titled({ what, argument }: DeskState['front']): string {
  return argument === '' ? what : `${what} ${argument}`;
}
