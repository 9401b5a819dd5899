import { AGENT_FILES } from '../../bot/agent/read-agent.js';
import type { PathFields } from '../../files/own-paths.js';
import { RECORD_FILES } from '../../recording/recorder/recorder-config.js';

const TALKER = [
  ...['flow', 'hooks', 'script', 'prompts', 'cache', 'speech.tokenFile'],
  ...AGENT_FILES.map((field) => `agent.${field}`),
];
const RECORDER = (field: string) => `record.${field}`;
const MACHINE = (field: string) => `answeringMachine.${field}`;

/** Fields of a service's configuration that name a file, folder or program. */
export const SERVICE_FILES: PathFields = {
  paths: [
    ...['scenario', 'stateFolder'].map((field) => `exchange.${field}`),
    ...['tokenFile', 'tls.caFile', 'tls.certFile', 'tls.keyFile'].map((field) => `endpoints.*.${field}`),
    ...RECORD_FILES.paths.map(RECORDER),
    ...TALKER.map((field) => `bots.*.${field}`),
    ...[...TALKER, 'list', 'doNotCall', 'log'].map((field) => `campaigns.*.${field}`),
    // A string in these fields is a file. Texts and names of recordings are objects.
    ...['archive', 'prompts', 'cache', 'speech.tokenFile', 'greeting', 'greetings.*.greeting'].map(MACHINE),
    ...['reviewPrompt', 'goodbye'].map(MACHINE),
    ...[
      'control.socket',
      'api.tokens.*.file',
      'webhooks.*.secretFile',
      'hooks.*.module',
      'outbox',
      'log.file',
    ],
    ...['http.tls.certFile', 'http.tls.keyFile'],
  ],
  programs: [
    ...RECORD_FILES.programs.map(RECORDER),
    ...['answeringMachine.transcriber.command', 'answeringMachine.hook.command', 'hooks.*.command'],
  ],
};

/** True for a field that names a file, folder or program. `*` stands for names and list indices. */
export function isOwnPath(field: string): boolean {
  return SERVICE_FILES.paths.includes(field) || SERVICE_FILES.programs.includes(field);
}
