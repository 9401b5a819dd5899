import type { Client, World } from '../world.js';

/** The id of the chat that a client has heard of last. */
export function chatOf(client: Client): string {
  return (
    client.lines
      .join('\n')
      .match(/(?<=^CHAT )\S+(?= NAME)/gm)
      ?.at(-1) ?? ''
  );
}

/** The value of a property of a chat, as a client gets it. */
export function get(client: Client, chat: string, property: string): string {
  return valueBehind(client.send(`GET CHAT ${chat} ${property}`), `CHAT ${chat} ${property} `);
}

/** The value of a property of a message, as a client gets it. */
export function message(client: Client, id: number | string, property: string): string {
  return valueBehind(client.send(`GET CHATMESSAGE ${id} ${property}`), `CHATMESSAGE ${id} ${property} `);
}

/** The items of the answer to SEARCH, without its first word. */
export function search(client: Client, what: string): string[] {
  const [line = ''] = client.send(`SEARCH ${what}`);
  return line
    .slice(line.indexOf(' ') + 1)
    .split(', ')
    .filter((item) => item !== '');
}

/** Bodies of what was said in a chat, as a client has it. */
export function said(client: Client, chat: string): string[] {
  const ids = get(client, chat, 'CHATMESSAGES').split(', ').filter(Boolean);
  return ids.filter((id) => message(client, id, 'TYPE') === 'SAID').map((id) => message(client, id, 'BODY'));
}

/** The types of the messages that a client has of a chat. */
export function types(client: Client, chat: string): string[] {
  return get(client, chat, 'CHATMESSAGES')
    .split(', ')
    .filter(Boolean)
    .map((id) => message(client, id, 'TYPE'));
}

/** The id of the CHATMEMBER by which a client knows somebody. */
export function memberOf(client: Client, chat: string, handle: string): string {
  const ids = get(client, chat, 'MEMBEROBJECTS').split(', ');
  return ids.find((id) => client.send(`GET CHATMEMBER ${id} IDENTITY`)[0]?.endsWith(` ${handle}`)) ?? '';
}

/** A chat that a client makes with others, once all have heard of it. */
export async function chatWith(w: World, host: Client, ...others: string[]): Promise<string> {
  host.send(`CHAT CREATE ${others.join(', ')}`);
  await w.clock.advance(500);
  return chatOf(host);
}

/** Lets what is on its way arrive. */
export function arrive(w: World): Promise<void> {
  return w.clock.advance(500);
}

function valueBehind(lines: readonly string[], start: string): string {
  const [line = ''] = lines;
  if (!line.startsWith(start)) throw new Error(`${start}: ${line}`);
  return line.slice(start.length);
}
