import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/protocol/parse-command.js';
import { parseReply } from '../../src/protocol/parse-reply.js';
import { serialize } from '../../src/protocol/serialize.js';
import { fromVersion, negotiateProtocol, toVersion } from '../../src/protocol/versions.js';

describe('negotiateProtocol', () => {
  it.each([
    [1, 1],
    [5, 5],
    [8, 8],
    [9999, 8],
    [0, 1],
  ])('answers %i with %i', (requested, version) => {
    expect(negotiateProtocol(requested)).toBe(version);
  });
});

describe('fromVersion', () => {
  it.each([
    ['SEARCH MESSAGES abc', 'SEARCH CHATMESSAGES abc'],
    ['#5 SEARCH MISSEDMESSAGES', '#5 SEARCH MISSEDCHATMESSAGES'],
    ['GET MESSAGE 21 PARTNER_HANDLE', 'GET CHATMESSAGE 21 FROM_HANDLE'],
    ['GET MESSAGE 21 PARTNER_DISPNAME', 'GET CHATMESSAGE 21 FROM_DISPNAME'],
    ['GET MESSAGE 21 BODY', 'GET CHATMESSAGE 21 BODY'],
    ['SET MESSAGE 21 SEEN', 'SET CHATMESSAGE 21 SEEN'],
    ['GET CALL 21 PARTNER_HANDLE', 'GET CALL 21 PARTNER_HANDLE'],
    ['SEARCH CALLS', 'SEARCH CALLS'],
  ])('below 3 reads %j as %j', (line, converted) => {
    expect(serialize(fromVersion(parseCommand(line), 2))).toBe(converted);
    expect(serialize(fromVersion(parseCommand(line), 3))).toBe(line);
  });
});

describe('toVersion', () => {
  it.each([
    [8, 'CALL 1 STATUS REDIAL_PENDING', 'CALL 1 STATUS ROUTING'],
    [8, 'CALL 1 STATUS WAITING_REDIAL_COMMAND', 'CALL 1 STATUS ROUTING'],
    [8, 'SMS 1 FAILUREREASON NO_SENDERID_CAPABILITY', 'SMS 1 FAILUREREASON UNKNOWN'],
    [
      8,
      '#1 ERROR 615 CHAT: chat with given contact is disabled',
      '#1 ERROR 508 CHAT: CREATE: opening a dialog to the given user failed',
    ],
    [7, 'CALL 1 STATUS TRANSFERRING', 'CALL 1 STATUS INPROGRESS'],
    [7, 'CALL 1 STATUS TRANSFERRED', 'CALL 1 STATUS FINISHED'],
    [7, 'CHATMESSAGE 5 TYPE KICKED', 'CHATMESSAGE 5 TYPE UNKNOWN'],
    [4, 'USER echo123 COUNTRY ee Estonia', 'USER echo123 COUNTRY Estonia'],
    [4, 'USER echo123 LANGUAGE en English', 'USER echo123 LANGUAGE English'],
    [4, 'USER echo123 COUNTRY ee', 'USER echo123 COUNTRY '],
    [3, 'CHATMESSAGE 5 FROM_HANDLE mike', 'MESSAGE 5 PARTNER_HANDLE mike'],
    [3, 'CHATMESSAGE 5 FROM_DISPNAME Mike M', 'MESSAGE 5 PARTNER_DISPNAME Mike M'],
    [3, 'CHATMESSAGE 5 STATUS READ', 'MESSAGE 5 STATUS READ'],
    [3, 'CHATMESSAGE 5 TYPE SAID', 'MESSAGE 5 TYPE TEXT'],
    [3, 'CHATMESSAGES 1, 2', 'MESSAGES 1, 2'],
    [2, 'CALL 1 STATUS LOCALHOLD', 'CALL 1 STATUS ONHOLD'],
    [2, 'CALL 1 STATUS REMOTEHOLD', 'CALL 1 STATUS ONHOLD'],
    [2, 'CALL 1 STATUS CANCELLED', 'CALL 1 STATUS FINISHED'],
    [2, 'USERSTATUS SKYPEME', 'USERSTATUS ONLINE'],
    [2, 'USER echo123 ONLINESTATUS SKYPEME', 'USER echo123 ONLINESTATUS ONLINE'],
  ])('below %i writes %j as %j, and later unchanged', (version, line, converted) => {
    expect(serialize(toVersion(parseReply(line), version - 1))).toBe(converted);
    expect(serialize(toVersion(parseReply(line), version))).toBe(line);
  });

  it('applies every rule that an old version needs', () => {
    const reply = parseReply('CHATMESSAGE 5 TYPE KICKED');
    expect(serialize(toVersion(reply, 3))).toBe('CHATMESSAGE 5 TYPE UNKNOWN');
    expect(serialize(toVersion(reply, 1))).toBe('MESSAGE 5 TYPE UNKNOWN');
  });

  it.each([
    'CALL 1 STATUS RINGING',
    'USER x COUNTRY United Kingdom',
    'OK',
    'ERROR 7 GET: invalid WHAT',
    'CALLS 1',
  ])('leaves %j unchanged for every version', (line) => {
    for (let version = 1; version <= 8; version++)
      expect(serialize(toVersion(parseReply(line), version))).toBe(line);
  });
});
