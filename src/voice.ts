/**
 * `jackfield/voice`: the voice toolkit alone. A program that only handles files and PCM starts several times faster
 * with it than with the whole package.
 *
 * @module jackfield/voice
 */
// Errors, time, keys.
export { type CancelTimer, type Clock, sleep, systemClock, VirtualClock } from './base/time/clock.js';
export type { ServiceKey } from './base/web/service-key.js';
export { ERROR_CODES, type ErrorCode, JackfieldError } from './base/errors.js';
export {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  type PcmSource,
  samplesToMs,
  VOICE_FORMAT,
} from './base/pcm.js';

// Voice: PCM and its processing.
export { type AudioFile, openAudio, type SoundDamage } from './voice/audio-file.js';
export { decodeG711, encodeG711, type G711Law } from './voice/codec/g711.js';
export { decodeL16, encodeL16 } from './voice/codec/l16.js';
export {
  OPUS_RATES,
  OpusDecoder,
  OpusEncoder,
  type OpusEncoderOptions,
  type OpusOptions,
} from './voice/codec/opus.js';
export { mapChannels, mergeChannels, mixChannels, splitChannels } from './voice/convert/channels.js';
export { type DitherOptions, dither, toFloat } from './voice/convert/dither.js';
export type { ResampleQuality } from './voice/resample/resample-filter.js';
export type { ResampleLatency } from './voice/resample/resample-plan.js';
export { Resampler, type ResamplerOptions, resample } from './voice/resample/resampler.js';
export { type ToFormatOptions, toFormat } from './voice/convert/to-format.js';
export type { DeviceDirection, DeviceProgram } from './voice/device/device-programs.js';
export { listCameras } from './voice/device/list-cameras.js';
export {
  listSoundDevices,
  type ListSoundDevicesOptions,
  type SoundDevice,
} from './voice/device/list-devices.js';
export {
  type Microphone,
  openMicrophone,
  openSpeaker,
  type SoundDeviceOptions,
  type Speaker,
} from './voice/device/sound-device.js';
export { drawSpectrogram } from './voice/draw/draw-spectrogram.js';
export { type DrawWaveformOptions, drawWaveform } from './voice/draw/draw-waveform.js';
export type { PictureOptions } from './voice/draw/picture-options.js';
export type { DrawSpectrogramOptions } from './voice/draw/spectrogram-picture.js';
export { AutoGain, type AutoGainOptions } from './voice/level/auto-gain.js';
export {
  type Clipping,
  ClippingDetector,
  type ClippingDetectorOptions,
} from './voice/level/clipping-detector.js';
export {
  type Level,
  LevelMeter,
  type LevelMeterOptions,
  type LevelReading,
  measureLevel,
} from './voice/level/level-meter.js';
export { LoudnessMeter, measureLoudness } from './voice/level/loudness-meter.js';
export type { Loudness } from './voice/level/loudness-steps.js';
export {
  type Silence,
  SilenceDetector,
  type SilenceDetectorOptions,
} from './voice/level/silence-detector.js';
export { SilenceTrimmer, type SilenceTrimmerOptions } from './voice/level/silence-trimmer.js';
export { VoiceDetector, type VoiceDetectorOptions, type VoiceEvent } from './voice/level/voice-detector.js';
export { type MixInput, type MixPcmOptions, mixPcm } from './voice/mix/mix-pcm.js';
export { Mixer, type MixerOptions, type MixMinus } from './voice/mix/mixer.js';
export type { MixerSource, MixerSourceOptions } from './voice/mix/mixer-source.js';
export type { PcmInput, PcmProgress } from './voice/pcm-input.js';
export { bytesOfSamples, samplesOfBytes } from './voice/process/pcm-bytes.js';
export {
  analyzePcm,
  analyzeSamples,
  collectSamples,
  concatSamples,
  type PcmAnalyzer,
  type PcmTransform,
  transformPcm,
  transformSamples,
} from './voice/stage.js';
export { type DtmfDigit, type DtmfOptions, dtmfSamples } from './voice/tone/dtmf.js';
export { DtmfDetector, type DtmfDetectorOptions, type DtmfEvent } from './voice/tone/dtmf-detector.js';
export { ToneDetector, type ToneDetectorOptions, type ToneEvent } from './voice/tone/tone-detector.js';
export { type ToneOptions, toneSamples } from './voice/tone/tone-samples.js';
export type { AudioTags } from './voice/transcode/encoder.js';
export { type DecodeOptions, decodeWithFfmpeg, type FfmpegFormat } from './voice/transcode/ffmpeg.js';
export {
  type BuiltinFormat,
  type TranscodeFormat,
  type TranscodeOptions,
  type TranscodeResult,
  transcode,
} from './voice/transcode/transcode.js';
export { type DecodedWav, decodeWav, type EncodeWavOptions, encodeWav } from './voice/wav/wav-bytes.js';
export type { WavEncoding, WavWriteEncoding } from './voice/wav/wav-encoding.js';
export { WAV_ERROR_REASONS, WavError, type WavErrorReason } from './voice/wav/wav-error.js';
export type { WavLayout } from './voice/wav/wav-layout.js';
export type { WavBroadcast, WavInfo, WavMetadata } from './voice/wav/wav-metadata.js';
export { WavReader, type WavReadOptions } from './voice/wav/wav-reader.js';
export { repairWav, type WavRepair, type WavRepairOptions } from './voice/wav/wav-repair.js';
export type { WavWarning, WavWarningCode } from './voice/wav/wav-warning.js';
export { WavWriter, type WavWriterOptions } from './voice/wav/wav-writer.js';
export {
  type CommandTranscriberOptions,
  commandTranscriber,
} from './voice/transcript/command-transcriber.js';
export { type PocketSphinxOptions, pocketSphinx } from './voice/transcript/pocket-sphinx.js';
export { type HttpTranscriberOptions, httpTranscriber } from './voice/transcript/http-transcriber.js';
export {
  type StreamingTranscriberOptions,
  streamingTranscriber,
} from './voice/transcript/streaming-transcriber.js';
export type {
  Transcriber,
  Transcript,
  TranscriptRequest,
  TranscriptSegment,
  TranscriptWord,
} from './voice/transcript/transcriber.js';
