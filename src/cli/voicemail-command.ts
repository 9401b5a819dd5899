import { Command, InvalidArgumentError, Option } from 'commander';
import { EXPORT_FORMATS } from '../index.js';
import {
  exportMessages,
  findMessages,
  purgeMessages,
  transcribeMessages,
  verifyArchive,
} from './voicemail-archive.js';
import { archiveAll, greeting, leave, list, play } from './voicemail-online.js';

/** `jackfield voicemail`: leave, play and keep voicemails. */
export function voicemailCommand(): Command {
  const voicemail = new Command('voicemail').description('Leave, play, archive and search voicemails.');
  online(voicemail, 'list').description('List the voicemails of the account.').action(list);
  online(voicemail, 'play')
    .description('Play a voicemail on the sound card, into a call, or into a file.')
    .argument('<id>', 'id of the voicemail', wholeNumber)
    .option('--in-call', 'play it to both parties of the call in progress')
    .option('--out <file>', 'write it to this WAV file; the sound card stays silent')
    .action(play);
  online(voicemail, 'leave')
    .description('Leave a voicemail: from a WAV file, or from the microphone until Ctrl-C.')
    .argument('<user>', 'who it is for')
    .option('--file <wav>', 'WAV file to say')
    .option('--skip-greeting', 'begin at once')
    .option('--max <seconds>', 'longest message', wholeNumber, 600)
    .action(leave);
  online(voicemail, 'greeting')
    .description("Record the account's greeting from a WAV file, or play the greeting of anyone.")
    .option('--record <wav>', 'WAV file that becomes the greeting')
    .option('--of <user>', 'whose greeting to play; default: your own')
    .option('--out <file>', 'write it to this WAV file instead of playing it')
    .action(greeting);
  online(voicemail, 'archive')
    .description(
      'Take every voicemail of the account out into a folder. Run it again to go on, or to fetch what is new.',
    )
    .requiredOption('--out <folder>', 'the archive')
    .option('--concurrency <count>', 'messages that are played at once', wholeNumber, 1)
    .option('--attempts <count>', 'attempts for each message', wholeNumber, 2)
    .option('--via <folder>', 'have the endpoint write files here instead of sending audio to a port')
    .option('--delete-originals', 'delete each original once its copy was read back')
    .action(archiveAll);
  offline(voicemail, 'find')
    .description('List messages of an archive.')
    .argument('[words...]', 'words in names, tags and transcripts')
    .option('--partner <handle>', 'from or to this handle')
    .option('--since <date>', 'recorded at or after, as 2026-11-22', date)
    .option('--until <date>', 'recorded before', date)
    .action(findMessages);
  offline(voicemail, 'export')
    .description('Write an archive into one file.')
    .argument('<file>', 'the file to write')
    .addOption(new Option('--format <format>', 'what to write').choices(EXPORT_FORMATS).default('zip'))
    .action(exportMessages);
  offline(voicemail, 'verify')
    .description('Read everything back and compare it with its checksums.')
    .action(verifyArchive);
  offline(voicemail, 'transcribe')
    .description('Have a command turn messages into text that can be searched for.')
    .argument('<command>', 'program to run')
    .argument('<args...>', 'its arguments; {file} stands for the WAV file')
    .action(transcribeMessages);
  offline(voicemail, 'purge')
    .description('Remove old messages; those under legal hold stay.')
    .option('--max-age <days>', 'remove what is older', wholeNumber)
    .option('--max-bytes <bytes>', 'remove the oldest until the audio takes no more', wholeNumber)
    .option('--dry-run', 'only list what would be removed')
    .action(purgeMessages);
  return voicemail;
}

/** A command that attaches to an endpoint. */
function online(parent: Command, name: string): Command {
  return parent
    .command(name)
    .option('--to <address>', 'endpoint to attach to: auto, tcp:4100, dbus, x11', 'auto')
    .option('--json', 'one JSON object a line');
}

/** A command that works on an archive. */
function offline(parent: Command, name: string): Command {
  return parent
    .command(name)
    .requiredOption('--in <folder>', 'the archive')
    .option('--json', 'one JSON object a line');
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

/** A day or a time, as seconds since the Unix epoch. */
function date(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Give a date such as 2026-11-22.');
  return Math.floor(ms / 1000);
}
