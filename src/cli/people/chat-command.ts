import { Command, Option } from 'commander';
import { between } from '../options.js';
import { withForce } from '../outputs.js';
import { CHAT_LISTS, followChats, listChats, readChat, sendMessage } from './chat-actions.js';
import { CHAT_FORMATS, exportChat } from './chat-export.js';
import { onEndpoint } from './people-options.js';

const CHAT = 'id of the chat, or the handle of somebody';

/** `jackfield chat`: reads, writes, follows and exports chats. */
export function chatCommand(): Command {
  const chat = new Command('chat');
  onEndpoint(chat, 'list')
    .description('List chats: id, when something last happened, members, name.')
    .addOption(new Option('--only <which>', 'which of them').choices(CHAT_LISTS).default('all'))
    .action(listChats);
  onEndpoint(chat, 'read')
    .description('Print what was said last in a chat, the newest at the end.')
    .argument('<chat>', CHAT)
    .option('--last <count>', 'messages to print, 1 to 1000000', between(1, 1_000_000), 20)
    .option('--seen', 'mark what nobody has seen yet as seen')
    .action(readChat);
  onEndpoint(chat, 'send')
    .description('Send a message; done when it is sent. Several lines come from standard input.')
    .argument('<to>', CHAT)
    .argument('[words...]', 'the text; default: standard input')
    .option('--no-wait', 'done when the endpoint has it, which sends it once somebody is there')
    .option('--timeout <seconds>', 'longest wait until it is sent, 1 to 86400', between(1, 86_400), 30)
    .action(sendMessage);
  onEndpoint(chat, 'follow')
    .description('Print every message as it comes, until it is told to stop.')
    .argument('[chat]', `${CHAT}; default: all chats`)
    .action(followChats);
  withForce(onEndpoint(chat, 'export'))
    .description('Write all that was said in a chat into a file, the oldest first.')
    .argument('<chat>', CHAT)
    .argument('<file>', 'the file to write')
    .addOption(new Option('--format <format>', 'what to write').choices(CHAT_FORMATS).default('json'))
    .action(exportChat);
  return chat;
}
