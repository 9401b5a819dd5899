/** Report on what was received from one source (RFC 3550, section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Share of the packets lost since the previous report, in 1/256. */
  readonly fractionLost: number;
  /** Packets lost in total, 24 bits; negative when more arrived than were sent. */
  readonly lost: number;
  readonly highest: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** The middle 32 bits of the time of the last sender report, and the time since it arrived, in units of 1/65536 s. */
  readonly lastReport: number;
  readonly delay: number;
}

/** The part of a report that a sender adds about itself. */
export interface SenderInfo {
  /** Time (NTP): seconds since 1900, and a fraction in units of 2^-32 s. */
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}

/** RTCP packet. Packets of other types are skipped. */
export type RtcpPacket =
  | {
      readonly type: 'report';
      readonly ssrc: number;
      /** Absent in a receiver report. */
      readonly sender?: SenderInfo;
      readonly reports: readonly ReceptionReport[];
    }
  | { readonly type: 'description'; readonly ssrc: number; readonly cname: string }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[]; readonly reason?: string };

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;
const REPORT_BYTES = 24;
const INFO_BYTES = 20;

/** True for an RTCP datagram on a port that RTP and RTCP share (RFC 5761, section 4). */
export function isRtcp(bytes: Buffer, start = 0): boolean {
  const type = bytes[start + 1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Reads a compound packet, up to the first part that is invalid or truncated. */
export function readRtcp(bytes: Buffer): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const first = bytes.readUInt8(at);
    const length = 4 * (bytes.readUInt16BE(at + 2) + 1);
    if (first >> 6 !== 2 || at + length > bytes.length) break;
    const packet = readOne(bytes.readUInt8(at + 1), first & 0x1f, bytes.subarray(at + 4, at + length));
    if (packet) packets.push(packet);
    at += length;
  }
  return packets;
}

/** Writes a compound packet. */
export function writeRtcp(packets: readonly RtcpPacket[]): Buffer {
  return Buffer.concat(packets.map(writeOne));
}

function readOne(type: number, count: number, body: Buffer): RtcpPacket | undefined {
  if (type === SENDER_REPORT || type === RECEIVER_REPORT) return readReport(type, count, body);
  if (type === DESCRIPTION) return readDescription(body);
  if (type !== BYE || body.length < 4 * count) return undefined;
  const ssrcs = Array.from({ length: count }, (_, i) => body.readUInt32BE(4 * i));
  const length = body[4 * count] ?? 0;
  const reason = body.toString('utf8', 4 * count + 1, 4 * count + 1 + length);
  return { type: 'bye', ssrcs, ...(reason && { reason }) };
}

function readReport(type: number, count: number, body: Buffer): RtcpPacket | undefined {
  const start = 4 + (type === SENDER_REPORT ? INFO_BYTES : 0);
  if (body.length < start + count * REPORT_BYTES) return undefined;
  const reports = Array.from({ length: count }, (_, i) => {
    const at = start + i * REPORT_BYTES;
    return {
      ssrc: body.readUInt32BE(at),
      fractionLost: body.readUInt8(at + 4),
      lost: body.readIntBE(at + 5, 3),
      highest: body.readUInt32BE(at + 8),
      jitter: body.readUInt32BE(at + 12),
      lastReport: body.readUInt32BE(at + 16),
      delay: body.readUInt32BE(at + 20),
    };
  });
  const ssrc = body.readUInt32BE(0);
  if (type === RECEIVER_REPORT) return { type: 'report', ssrc, reports };
  const [ntpSeconds = 0, ntpFraction = 0, timestamp = 0, packets = 0, octets = 0] = [4, 8, 12, 16, 20].map(
    (at) => body.readUInt32BE(at),
  );
  return { type: 'report', ssrc, sender: { ntpSeconds, ntpFraction, timestamp, packets, octets }, reports };
}

/** Reads the first source that has a canonical name; undefined when there is none. */
function readDescription(body: Buffer): RtcpPacket | undefined {
  for (let at = 4; at + 2 <= body.length; ) {
    const [kind = 0, length = 0] = [body[at], body[at + 1]];
    if (kind === 0) return undefined;
    if (at + 2 + length > body.length) return undefined;
    if (kind === CNAME) {
      return {
        type: 'description',
        ssrc: body.readUInt32BE(0),
        cname: body.toString('utf8', at + 2, at + 2 + length),
      };
    }
    at += 2 + length;
  }
  return undefined;
}

function writeOne(packet: RtcpPacket): Buffer {
  if (packet.type === 'report') return writeReport(packet);
  if (packet.type === 'description') {
    const name = Buffer.from(packet.cname).subarray(0, 255);
    // A null byte ends the list, and null bytes fill the last word.
    const body = Buffer.alloc(4 * Math.ceil((4 + 2 + name.length + 1) / 4));
    body.writeUInt32BE(packet.ssrc, 0);
    body.writeUInt8(CNAME, 4);
    body.writeUInt8(name.length, 5);
    name.copy(body, 6);
    return headed(DESCRIPTION, 1, body);
  }
  const reason = Buffer.from(packet.reason ?? '').subarray(0, 255);
  const ids = 4 * packet.ssrcs.length;
  const body = Buffer.alloc(ids + (reason.length > 0 ? 4 * Math.ceil((1 + reason.length) / 4) : 0));
  for (const [i, ssrc] of packet.ssrcs.entries()) body.writeUInt32BE(ssrc, 4 * i);
  if (reason.length > 0) {
    body.writeUInt8(reason.length, ids);
    reason.copy(body, ids + 1);
  }
  return headed(BYE, packet.ssrcs.length, body);
}

function writeReport({ ssrc, sender, reports }: RtcpPacket & { readonly type: 'report' }): Buffer {
  const start = 4 + (sender ? INFO_BYTES : 0);
  const body = Buffer.alloc(start + reports.length * REPORT_BYTES);
  body.writeUInt32BE(ssrc, 0);
  if (sender) {
    const { ntpSeconds, ntpFraction, timestamp, packets, octets } = sender;
    [ntpSeconds, ntpFraction, timestamp, packets, octets].forEach((value, i) => {
      body.writeUInt32BE(value % 2 ** 32, 4 + 4 * i);
    });
  }
  for (const [i, report] of reports.entries()) {
    const at = start + i * REPORT_BYTES;
    body.writeUInt32BE(report.ssrc, at);
    body.writeUInt8(report.fractionLost, at + 4);
    body.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, report.lost)), at + 5, 3);
    body.writeUInt32BE(report.highest % 2 ** 32, at + 8);
    body.writeUInt32BE(report.jitter, at + 12);
    body.writeUInt32BE(report.lastReport, at + 16);
    body.writeUInt32BE(report.delay, at + 20);
  }
  return headed(sender ? SENDER_REPORT : RECEIVER_REPORT, reports.length, body);
}

function headed(type: number, count: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(0x80 | count, 0);
  head.writeUInt8(type, 1);
  head.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([head, body]);
}
