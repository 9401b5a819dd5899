import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** True where SIPp is installed (Debian: sip-tester). */
export const HAS_SIPP = !spawnSync('sipp', ['-v']).error;

/** One step of a scenario: a message to send, or one to wait for. */
export type SippStep = string;

/** Waits for a request. @param check A regular expression that the message has to fit. */
export const receives = (method: string, check?: string): SippStep =>
  `<recv request="${method}" crlf="true">${checked(check)}</recv>`;

/** Waits for a response. */
export const expects = (status: number, check?: string, isOptional = false): SippStep =>
  `<recv response="${status}" ${isOptional ? 'optional="true"' : 'rrs="true"'}>${checked(check)}</recv>`;

/** Sends a response to what came last. */
export const responds = (status: string, extra: readonly string[] = [], sdp = ''): SippStep =>
  send([
    `SIP/2.0 ${status}`,
    '[last_Via:]',
    '[last_From:]',
    '[last_To:];tag=[call_number]',
    '[last_Call-ID:]',
    '[last_CSeq:]',
    ...(extra.some((each) => each.startsWith('Contact')) ? [] : ['Contact: <sip:[local_ip]:[local_port]>']),
    ...extra,
    ...content(sdp),
  ]);

/** Sends a request within the call. @param cseq Its CSeq number. */
export const requests = (method: string, cseq: number, extra: readonly string[] = [], sdp = ''): SippStep =>
  send([
    `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    'From: "Sipp" <sip:+15550777@[local_ip]:[local_port]>;tag=[pid]x[call_number]',
    `To: <sip:[service]@[remote_ip]>${method === 'INVITE' && cseq === 1 ? '' : '[peer_tag_param]'}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:+15550777@[local_ip]:[local_port]>',
    'Max-Forwards: 70',
    ...extra,
    ...content(sdp),
  ]);

export const waits = (ms: number): SippStep => `<pause milliseconds="${ms}"/>`;

/** Description with one codec. */
export const sdp = (direction = 'sendrecv', version = 1): string =>
  [
    'v=0',
    `o=sipp 53655765 ${version} IN IP4 [local_ip]`,
    's=-',
    'c=IN IP4 [local_ip]',
    't=0 0',
    'm=audio [media_port] RTP/AVP 8 101',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\n');

/** Runs SIPp with a scenario of steps, once. Resolves to its exit code and what it complains of. */
export async function sipp(
  steps: readonly SippStep[],
  port: number,
  args: readonly string[] = [],
): Promise<{ readonly code: number; readonly errors: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-sipp-'));
  const file = join(folder, 'scenario.xml');
  const xml = `<?xml version="1.0" encoding="ISO-8859-1" ?><scenario name="test">${steps.join('\n')}</scenario>`;
  await writeFile(file, xml);
  const given = [
    '-sf',
    file,
    '-i',
    '127.0.0.1',
    '-p',
    String(port),
    '-m',
    '1',
    '-nostdin',
    '-timeout',
    '8',
    '-timeout_error',
    '-trace_msg',
    '-message_file',
    'messages.log',
  ];
  const child = spawn('sipp', [...given, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  const messages = code === 0 ? '' : await readFile(join(folder, 'messages.log'), 'latin1').catch(() => '');
  await rm(folder, { recursive: true });
  return code === 0 ? { code, errors: '' } : { code, errors: `${errors}\n${messages}` };
}

function send(lines: readonly string[]): SippStep {
  const [first = ''] = lines;
  const isRepeated = first.startsWith('SIP/2.0') ? lines.length > 12 : !first.startsWith('ACK');
  return `<send${isRepeated ? ' retrans="500"' : ''}><![CDATA[\n\n${lines.join('\n')}\n]]></send>`;
}

function content(text: string): string[] {
  return text === ''
    ? ['Content-Length: 0', '', '']
    : ['Content-Type: application/sdp', 'Content-Length: [len]', '', text];
}

function checked(pattern: string | undefined): string {
  return pattern === undefined
    ? ''
    : `<action><ereg regexp="${pattern}" search_in="msg" check_it="true" assign_to="found"/><log message="[$found]"/></action>`;
}
