import type { Client } from '../world.js';

/** Makes a group. @returns its id. */
export function createGroup(client: Client, name: string): string {
  const lines = client.send(`CREATE GROUP ${name}`);
  return /^GROUP (\d+) TYPE CUSTOM_GROUP$/m.exec(lines.join('\n'))?.[1] ?? '';
}

/** A property of a group, as a client gets it. */
export function valueIn(client: Client, id: string, property: string): string {
  return client.send(`GET GROUP ${id} ${property}`)[0]?.slice(`GROUP ${id} ${property} `.length) ?? '';
}

/** Ids of the hardwired groups, by type. */
export function hardwiredOf(client: Client): Record<string, string> {
  const ids = client.send('SEARCH GROUPS HARDWIRED')[0]?.match(/\d+/g) ?? [];
  return Object.fromEntries(ids.map((id) => [valueIn(client, id, 'TYPE'), id]));
}
