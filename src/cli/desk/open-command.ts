import { Command } from 'commander';
import { JackfieldError } from '../../base/errors.js';
import { followSkypeUri, parseSkypeUri } from '../../protocol.js';
import { attachTo, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { Report } from '../report.js';
import { printDocument } from '../terminal-text.js';

interface Options extends EndpointOptions {
  readonly desktopFile: boolean;
  readonly json?: boolean;
}

/** Desktop entry (freedesktop.org) that registers `jackfield open` for links of the scheme. */
const DESKTOP_FILE = `[Desktop Entry]
Type=Application
Name=Jackfield
Comment=Opens skype: links through the endpoint that runs
Exec=jackfield open %u
MimeType=x-scheme-handler/skype;
NoDisplay=true
Terminal=false
`;

/** `jackfield open`: follows a `skype:` URI through an endpoint, as Skype for Windows did. */
export function openCommand(): Command {
  return withEndpoint(new Command('open'))
    .argument('[uri]', 'skype:echo123?call, skype:anna;bob?chat&topic=lunch, ...')
    .option(
      '--desktop-file',
      'print a .desktop file that makes a Linux desktop open such links with this command',
      false,
    )
    .option('--json', 'print the parsed link as a line of JSON')
    .addHelpText(
      'after',
      `
Actions: call (default), chat, voicemail, add, sendfile, userinfo; separate several targets with ";".
Register it: jackfield open --desktop-file > ~/.local/share/applications/jackfield.desktop
             xdg-mime default jackfield.desktop x-scheme-handler/skype`,
    )
    .action(open);
}

async function open(uri: string | undefined, options: Options): Promise<void> {
  if (options.desktopFile) {
    printDocument(DESKTOP_FILE);
    return;
  }
  if (uri === undefined) {
    throw new JackfieldError('ERR_INVALID_ARG', 'Give a URI: jackfield open skype:echo123?call');
  }
  // An invalid link is refused before attaching.
  parseSkypeUri(uri);
  await using attached = await attachTo(options, { name: 'jackfield open' });
  const { action = '', targets } = await followSkypeUri(uri, (command) => attached.client.command(command));
  new Report(options.json).line({ uri, action, targets }, `${uri} is opened.`);
}
