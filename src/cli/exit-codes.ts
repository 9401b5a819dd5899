/** Exit codes of all commands; docs/commands.md has the table. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  faulty: 2,
  nothing: 3,
  broken: 70,
  interrupted: 130,
  terminated: 143,
} as const;

/** Meaning of each exit code. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  done: 'Everything is done. A service that shut down in order after SIGTERM also exits with 0.',
  failed: 'The command failed, wholly or in part. Standard error has the reason and the error code.',
  faulty:
    'The command ran and found problems: faults in an archive, messages that were not stored, differences.',
  nothing: 'Nothing was found: a list, a search, an export or a check had nothing to show or to check.',
  broken: 'A bug in Jackfield. JACKFIELD_DEBUG=1 prints the stack trace.',
  interrupted: 'Ctrl-C (SIGINT) ended the command. Unfinished files are valid or were removed.',
  terminated: 'SIGTERM ended the command before it was done.',
};
