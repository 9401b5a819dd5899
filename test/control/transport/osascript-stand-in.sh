#!/usr/bin/env bash
# Stands in for macOS's osascript: knows the three scripts that the transport runs, and asks the test for the rest.
# A test's endpoint listens on loopback; what is sent to it is one line of words in base64.
open() { exec 3<>"/dev/tcp/127.0.0.1/$JACKFIELD_TEST_PORT"; } 2>/dev/null
words() { printf '%s' "$1" && shift && for word; do printf ' %s' "$(printf '%s' "$word" | base64 -w0)"; done && echo; }

if [ "$2" = 'application "Skype" is running' ]; then
  open && echo true || echo false
elif [ "$1 $2" = '-l JavaScript' ] && [[ "$4" = *NSDistributedNotificationCenter* ]]; then
  open || exit 1
  words observe "${@:5}" >&3
  echo '{"name":"READY","info":{}}'
  exec cat <&3
elif [[ "$4" = *'send command (item 1 of argv)'* ]]; then
  open || exit 1
  words command "$7" "$8" >&3
  exec cat <&3
else
  echo "an unknown script: $*" >&2
  exit 1
fi
