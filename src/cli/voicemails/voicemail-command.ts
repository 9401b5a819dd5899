import { Command, Option } from 'commander';
import { EXPORT_FORMATS } from '../../voicemail.js';
import { between, MAX_DAYS } from '../options.js';
import { withForce } from '../outputs.js';
import { withShare } from '../share-options.js';
import { answer } from './voicemail-answer.js';
import {
  exportMessages,
  findMessages,
  holdMessages,
  indexMessages,
  purgeMessages,
  tagMessages,
  transcribeMessages,
  verifyArchive,
} from './voicemail-archive.js';
import { archiveAll } from './voicemail-archiving.js';
import { greeting, leave, list, play } from './voicemail-online.js';
import { onArchive, online, wholeNumber, wholeNumbers, withFilters } from './voicemail-options.js';

/** `jackfield voicemail`: leaves, plays, answers and archives voicemails. */
export function voicemailCommand(): Command {
  const voicemail = new Command('voicemail');
  addMessages(voicemail);
  addAnswer(voicemail);
  addArchiving(voicemail);
  addFinding(voicemail);
  addKeeping(voicemail);
  return voicemail;
}

function addMessages(voicemail: Command): void {
  online(voicemail, 'list').description('List the voicemails of the account.').action(list);
  withForce(online(voicemail, 'play'))
    .description('Play a voicemail on the sound card, into a call, or into a file.')
    .argument('<id>', 'id of the voicemail', wholeNumber)
    .addOption(new Option('--in-call', 'play it to both parties of the call in progress').conflicts('out'))
    .option('--out <file>', 'write it to this WAV file; the sound card stays silent')
    .action(play);
  online(voicemail, 'leave')
    .description(
      'Leave a voicemail from an audio file or from the microphone. Enter sends it; Ctrl-C cancels it.',
    )
    .argument('<user>', 'recipient of the voicemail')
    .option('--file <wav>', 'audio file to send: WAV, FLAC, MP3 or Opus')
    .option('--skip-greeting', 'begin to record at once')
    .option('--max <seconds>', 'longest message, 1 to 3600 seconds', between(1, 3600), 600)
    .action(leave);
  withForce(online(voicemail, 'greeting'))
    .description('Record the greeting of the account, or play the greeting of any user.')
    .addOption(
      new Option(
        '--record [wav]',
        'WAV file to use as the greeting (default: record from the microphone until Enter)',
      ).conflicts(['of', 'out']),
    )
    .option('--of <user>', 'whose greeting to play; default: your own')
    .option('--out <file>', 'write it to this WAV file instead of playing it')
    .action(greeting);
}

function addAnswer(voicemail: Command): void {
  withShare(online(voicemail, 'answer'))
    .description('Answer calls that nobody else answers, and store the messages of callers, until stopped.')
    .requiredOption('--in <folder>', 'archive folder for messages')
    .option(
      '-c, --config <file>',
      'rules, keys, greeting, hook (JSON); options on the command line override it',
    )
    .option('--after <seconds>', 'time to ring before the answer, 0 to 120 (default: 20)', between(0, 120))
    .option('--greeting <wav>', 'greeting that callers hear (default: three tones)')
    .option('--hook <command>', 'program that gets each message as JSON on its standard input')
    .option('--encrypt <recipient...>', 'encrypt messages to these age recipients (age1...)')
    .argument(
      '[transcriber...]',
      'after --: command that turns messages into text; {file} is the WAV; without it, the WAV is on standard input',
    )
    .action(answer);
}

function addArchiving(voicemail: Command): void {
  online(voicemail, 'archive')
    .description(
      'Copy every voicemail of the account to a folder. Run the command again to continue or to fetch new messages.',
    )
    .requiredOption('--out <folder>', 'the archive')
    .option('--concurrency <count>', 'messages to play at once, 1 to 64', between(1, 64), 1)
    .option('--attempts <count>', 'attempts for each message, 1 to 10', between(1, 10), 2)
    .option(
      '--via <folder>',
      'let the endpoint write files to this folder instead of sending audio to a port',
    )
    .option('--delete-originals', 'delete each original after its copy was read back')
    .option('--encrypt <recipient...>', 'encrypt audio to these age recipients (age1...)')
    .option('--tag <tag...>', 'tags for the messages stored now')
    .option('--hold <reason>', 'put the messages stored now under legal hold')
    .argument(
      '[transcriber...]',
      'after --: command that turns messages into text; {file} is the WAV; without it, the WAV is on standard input',
    )
    .action(archiveAll);
}

function addFinding(voicemail: Command): void {
  withFilters(onArchive(voicemail, 'find'))
    .description('List messages of an archive.')
    .argument('[words...]', 'words in names, tags and transcripts')
    .action(findMessages);
  withForce(withFilters(onArchive(voicemail, 'export')))
    .description('Write messages of an archive into one file.')
    .argument('<file>', 'the file to write')
    .argument('[words...]', 'words in names, tags and transcripts; default: all messages')
    .addOption(new Option('--format <format>', 'format of the file').choices(EXPORT_FORMATS).default('zip'))
    .action(exportMessages);
  onArchive(voicemail, 'verify')
    .description('Read all messages back and compare them with checksums, ledgers and sidecars.')
    .option('-i, --identity <file>', 'age secret key: encrypted audio is checked to the sample')
    .action(verifyArchive);
}

function addKeeping(voicemail: Command): void {
  onArchive(voicemail, 'transcribe')
    .description('Transcribe messages with a command, so that they can be searched.')
    .option('-i, --identity <file>', 'age secret key, for encrypted messages')
    .argument(
      '<transcriber...>',
      'after --: the command; {file} is the WAV; without it, the WAV is on standard input',
    )
    .action(transcribeMessages);
  onArchive(voicemail, 'tag')
    .description('Set the tags of a message; without tags, remove all.')
    .argument('<key>', 'number of the message in the archive', wholeNumber)
    .argument('[tags...]', 'the tags')
    .action(tagMessages);
  onArchive(voicemail, 'hold')
    .description('Put messages under legal hold, so that nothing removes them.')
    .argument('<keys...>', 'numbers in the archive', wholeNumbers)
    .option('--reason <text>', 'why', 'legal hold')
    .option('--release', 'release the hold')
    .action(holdMessages);
  onArchive(voicemail, 'purge')
    .description('Remove old messages; those under legal hold stay.')
    .option('--max-age <days>', 'remove messages that are older', between(0, MAX_DAYS))
    .option('--max-bytes <bytes>', 'remove the oldest messages until the audio is no larger', wholeNumber)
    .option('--dry-run', 'only list what would be removed')
    .option('--yes', 'remove without asking', false)
    .action(purgeMessages);
  onArchive(voicemail, 'index')
    .description('Rebuild a damaged or lost catalogue from the sidecars.')
    .action(indexMessages);
}
