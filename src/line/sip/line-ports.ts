import { readFile } from 'node:fs/promises';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { SipPorts } from './sip-endpoint-options.js';
import type { SipLineSettings } from './sip-line-options.js';

/** Returns the ports of a line, with the keys and certificates read from their files. @throws ERR_FILE */
export async function portsOf({ listen }: SipLineSettings): Promise<SipPorts> {
  const { udp, tcp, tls } = listen;
  if (!tls) return { ...(udp && { udp }), ...(tcp && { tcp }) };
  const { host, port, keyFile, certFile, caFile, clientCertificates } = tls;
  const [key, cert, ca] = await Promise.all([keyFile, certFile, caFile].map(pemOf));
  return {
    ...(udp && { udp }),
    ...(tcp && { tcp }),
    tls: {
      host,
      port,
      ...(key !== undefined && { key }),
      ...(cert !== undefined && { cert }),
      ...(ca !== undefined && { ca }),
      needsClientCertificate: clientCertificates,
    },
  };
}

async function pemOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new JackfieldError('ERR_FILE', `${path} could not be read: ${messageOf(error)}.`, { cause: error });
  }
}
