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
      'Leave a voicemail: from a WAV file, or from the microphone until Enter, which sends it. Ctrl-C cancels.',
    )
    .argument('<user>', 'who it is for')
    .option('--file <wav>', 'file to say: WAV, FLAC, MP3 or Opus')
    .option('--skip-greeting', 'begin at once')
    .option('--max <seconds>', 'longest message, 1 to 3600', between(1, 3600), 600)
    .action(leave);
  withForce(online(voicemail, 'greeting'))
    .description("Record the account's greeting, or play the greeting of anyone.")
    .addOption(
      new Option(
        '--record [wav]',
        'WAV file that becomes the greeting; without one, the microphone until Enter, which keeps it',
      ).conflicts(['of', 'out']),
    )
    .option('--of <user>', 'whose greeting to play; default: your own')
    .option('--out <file>', 'write it to this WAV file instead of playing it')
    .action(greeting);
}

function addAnswer(voicemail: Command): void {
  withShare(online(voicemail, 'answer'))
    .description('Answer calls that nobody else does, and keep what callers say, until it is told to stop.')
    .requiredOption('--in <folder>', 'the archive that messages go to')
    .option('-c, --config <file>', 'rules, keys, greeting, hook (JSON); options given here go before it')
    .option('--after <seconds>', 'rings this long first, 0 to 120 (default: 20)', between(0, 120))
    .option('--greeting <wav>', 'what callers hear (default: three tones)')
    .option('--hook <command>', 'program that gets each message as JSON on its standard input')
    .option('--encrypt <recipient...>', 'encrypt messages to these age recipients (age1...)')
    .argument(
      '[transcriber...]',
      'after --: command that turns messages into text; {file} is the WAV, which else comes on standard input',
    )
    .action(answer);
}

function addArchiving(voicemail: Command): void {
  online(voicemail, 'archive')
    .description(
      'Take every voicemail of the account out into a folder. Run it again to go on, or to fetch what is new.',
    )
    .requiredOption('--out <folder>', 'the archive')
    .option('--concurrency <count>', 'messages that are played at once, 1 to 64', between(1, 64), 1)
    .option('--attempts <count>', 'attempts for each message, 1 to 10', between(1, 10), 2)
    .option('--via <folder>', 'have the endpoint write files here instead of sending audio to a port')
    .option('--delete-originals', 'delete each original once its copy was read back')
    .option('--encrypt <recipient...>', 'encrypt audio to these age recipients (age1...)')
    .option('--tag <tag...>', 'tags for what is stored now')
    .option('--hold <reason>', 'put what is stored now under legal hold')
    .argument(
      '[transcriber...]',
      'after --: command that turns messages into text; {file} is the WAV, which else comes on standard input',
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
    .addOption(new Option('--format <format>', 'what to write').choices(EXPORT_FORMATS).default('zip'))
    .action(exportMessages);
  onArchive(voicemail, 'verify')
    .description('Read everything back and compare it with its checksums, ledgers and sidecars.')
    .option('-i, --identity <file>', 'age secret key: encrypted audio is checked to the sample')
    .action(verifyArchive);
}

function addKeeping(voicemail: Command): void {
  onArchive(voicemail, 'transcribe')
    .description('Have a command turn messages into text that can be searched for.')
    .option('-i, --identity <file>', 'age secret key, for encrypted messages')
    .argument(
      '<transcriber...>',
      'after --: the command; {file} is the WAV, which else comes on standard input',
    )
    .action(transcribeMessages);
  onArchive(voicemail, 'tag')
    .description('Set the tags of a message; without any, it has none.')
    .argument('<key>', "the message's number in the archive", wholeNumber)
    .argument('[tags...]', 'the tags')
    .action(tagMessages);
  onArchive(voicemail, 'hold')
    .description('Put messages under legal hold, so that nothing removes them.')
    .argument('<keys...>', 'numbers in the archive', wholeNumbers)
    .option('--reason <text>', 'why', 'legal hold')
    .option('--release', 'take the hold off')
    .action(holdMessages);
  onArchive(voicemail, 'purge')
    .description('Remove old messages; those under legal hold stay.')
    .option('--max-age <days>', 'remove what is older', between(0, MAX_DAYS))
    .option('--max-bytes <bytes>', 'remove the oldest until the audio takes no more', wholeNumber)
    .option('--dry-run', 'only list what would be removed')
    .option('--yes', 'remove them without being asked', false)
    .action(purgeMessages);
  onArchive(voicemail, 'index')
    .description('Make the catalogue anew from the sidecars, where it is damaged or lost.')
    .action(indexMessages);
}
