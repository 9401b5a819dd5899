// What blocks of the documentation take as given: each name as the text around it, or an earlier block, has it.
declare const client: import('jackfield').Client;
declare const server: import('jackfield').PcmServer;
declare const call: import('jackfield').Call;
declare const lease: import('jackfield').Lease;
declare const archive: import('jackfield/voicemail').VoicemailArchive;
declare const message: import('jackfield/voicemail').ArchivedMessage;
declare const host: import('jackfield').BotHost;
declare const flow: import('jackfield/bot').Flow;
declare const prompt: Int16Array;
declare const secret: string;
declare const recording: import('jackfield').CallRecording;
declare const recorder: import('jackfield').PcmSink;
declare const liveTap: import('jackfield').PcmSink;
declare function analyse(samples: Int16Array, position: number): void;
declare function compare(local: Int16Array, remote: Int16Array, position: number): void;
declare const transcriber: import('jackfield/voicemail').Transcriber;
