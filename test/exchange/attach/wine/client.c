/*
 * A program for Windows as the reference's section "Windows" has it, for windows-wine.proof.test.ts: plain C, no library.
 * Usage: client.exe [slow] <log file>. Ends by itself; with `slow`, after one message that it takes its time for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define ATTACH_SUCCESS 0
#define ATTACH_PENDING_AUTHORIZATION 1
#define ATTACH_NOT_AVAILABLE 3
#define ATTACH_API_AVAILABLE 0x8001
#define LONG_TEXT 100000

static UINT discover, attach;
static HWND own, skype;
static FILE *out;
static int attachments, is_slow;

static void note(const char *what, const char *text) {
  fprintf(out, "%s %s\n", what, text);
  fflush(out);
}

/* Sends a command, with the 0 that ends it. */
static LRESULT say(const char *command) {
  COPYDATASTRUCT packet = {0, (DWORD)strlen(command) + 1, (void *)command};
  return SendMessageA(skype, WM_COPYDATA, (WPARAM)own, (LPARAM)&packet);
}

static void say_long_text(void) {
  char *text = malloc(LONG_TEXT + 32);
  strcpy(text, "SET PROFILE MOOD_TEXT ");
  memset(text + strlen(text), 'x', LONG_TEXT);
  text[LONG_TEXT + 22] = 0;
  say(text);
  free(text);
}

static void attached(HWND endpoint) {
  skype = endpoint;
  attachments++;
  note("ATTACHED", attachments == 1 ? "1" : "2");
  say("NAME book");
  say("PROTOCOL 7");
  if (attachments == 1 && !is_slow) say("#u GET CURRENTUSERHANDLE");
  else say("#slow PING");
}

static void heard(const char *line) {
  if (line[0] != '#') return;
  if (strlen(line) < 200) note("HEARD", line);
  if (strncmp(line, "#u ", 3) == 0) say_long_text();
  if (strncmp(line, "#u ", 3) == 0) say("#quit MINIMIZE");
  if (strncmp(line, "#slow ", 6) == 0) {
    /* Longer than the second that a client has. */
    Sleep(2500);
    note("SLOW", say("#late PING") ? "kept" : "dropped");
    PostQuitMessage(0);
  }
}

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM w, LPARAM l) {
  if (message == attach) {
    if (l == ATTACH_SUCCESS) attached((HWND)w);
    else if (l == ATTACH_PENDING_AUTHORIZATION) note("PENDING", "");
    else if (l == ATTACH_NOT_AVAILABLE) note("NOT", "AVAILABLE");
    else if (l == ATTACH_API_AVAILABLE) {
      note("AVAILABLE", "");
      PostMessageA(HWND_BROADCAST, discover, (WPARAM)own, 0);
    }
    return 1;
  }
  if (message == WM_COPYDATA && (HWND)w == skype) {
    const COPYDATASTRUCT *packet = (const COPYDATASTRUCT *)l;
    const char *line = packet->lpData;
    if (packet->cbData == 0 || line[packet->cbData - 1] != 0) note("FAILED", "no 0 at the end");
    heard(line);
    return 1;
  }
  return DefWindowProcA(window, message, w, l);
}

int main(int count, char **arguments) {
  WNDCLASSA class = {0};
  MSG message;
  is_slow = count > 2 && strcmp(arguments[1], "slow") == 0;
  out = fopen(count > 1 ? arguments[count - 1] : "client.log", "w");
  class.lpfnWndProc = procedure;
  class.lpszClassName = "by-the-book";
  RegisterClassA(&class);
  discover = RegisterWindowMessageA("SkypeControlAPIDiscover");
  attach = RegisterWindowMessageA("SkypeControlAPIAttach");
  own = CreateWindowExA(0, "by-the-book", "by the book", 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL);
  PostMessageA(HWND_BROADCAST, discover, (WPARAM)own, 0);
  while (GetMessageA(&message, NULL, 0, 0) > 0) DispatchMessageA(&message);
  note("END", "");
  return 0;
}
