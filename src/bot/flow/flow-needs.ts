import { messageOf } from '../../base/errors.js';
import { checkUrl, type FlowHttpOptions } from '../steps/flow-http.js';
import type { FlowData } from './flow-schema.js';

/** An ability of the program or its endpoint that a flow may need. */
export type FlowAbility = 'speech' | 'message' | 'leaveVoicemail';
/** All abilities. */
export const FLOW_ABILITIES = [
  'speech',
  'message',
  'leaveVoicemail',
] as const satisfies readonly FlowAbility[];

/** A need of a step. */
export interface FlowNeed {
  readonly step: string;
  readonly path: readonly (string | number)[];
  /** Absent for a need that no ability can meet. */
  readonly ability?: FlowAbility;
  /** Error message when the need is not met. */
  readonly message: string;
}

const WORDS: Readonly<Record<FlowAbility, string>> = {
  speech: 'accepts spoken answers, which needs a transcriber (--transcriber, { transcriber })',
  message: 'sends a message, which this endpoint does not support',
  leaveVoicemail: 'leaves a voicemail, which needs an endpoint with voicemail ({ leaveVoicemail })',
};

/** Returns the needs of a flow's steps. Includes the requests that `http` does not allow. */
export function needsOf(flow: FlowData, http?: FlowHttpOptions): readonly FlowNeed[] {
  return Object.entries(flow.steps).flatMap(([step, each]): FlowNeed[] => {
    const need = (ability: FlowAbility, field: string): FlowNeed[] => [
      { step, ability, path: ['steps', step, field], message: WORDS[ability] },
    ];
    switch (each.do) {
      case 'menu':
        return each.phrases ? need('speech', 'phrases') : [];
      case 'gather':
        if (each.input?.includes('speech')) return need('speech', 'input');
        return each.phrases ? need('speech', 'phrases') : [];
      case 'message':
      case 'leaveVoicemail':
        return need(each.do, 'do');
      case 'http':
        return http ? forbidden(step, each.url, http) : [];
      default:
        return [];
    }
  });
}

function forbidden(step: string, url: string, http: FlowHttpOptions): FlowNeed[] {
  try {
    checkUrl(url.replace(/\{\w+\}/g, 'x'), http);
    return [];
  } catch (error) {
    return [{ step, path: ['steps', step, 'url'], message: messageOf(error).replace(/\.$/, '') }];
  }
}
