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
  done: 'All that was asked for is done. A service that SIGTERM has ended in order ends so, too.',
  failed: 'It failed, or a part of it did. Standard error says why, with the code of the error.',
  faulty:
    'Carried out, but what it looked at is not right: faults in an archive, messages not stored, differences.',
  nothing: 'There was nothing: a list, a search, an export or a check found nothing to show or to check.',
  broken: 'A fault of Jackfield itself. JACKFIELD_DEBUG=1 prints where.',
  interrupted: 'Ctrl-C (SIGINT) ended it. Files that it was writing are valid, or were removed.',
  terminated: 'SIGTERM ended it before it was done.',
};
