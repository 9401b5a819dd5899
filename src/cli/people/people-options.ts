import type { Command } from 'commander';
import { type Attached, attachTo, type EndpointOptions, withEndpoint } from '../endpoint-options.js';

/** Options of a command about people or chats. */
export interface PeopleOptions extends EndpointOptions {
  readonly json?: boolean;
}

/** Adds a command that attaches to an endpoint. */
export function onEndpoint(parent: Command, name: string): Command {
  return withEndpoint(parent.command(name)).option('--json', 'print one JSON object per line');
}

/** Attaches for a command about people or chats. */
export function attachPeople(options: PeopleOptions): Promise<Attached> {
  return attachTo(options, { name: 'jackfield chat' });
}
