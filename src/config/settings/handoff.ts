import { boolean, filledText, integer } from './kinds.ts';
import { type Setting, USED } from './setting.ts';

const HIGHEST_PORT = 65_535;

/** Where pipelines hand off what they have built. */
export const HANDOFF_SETTINGS = {
  enableHandoff: {
    flag: '--enable-handoff',
    variable: 'TIPHYS_ENABLE_HANDOFF',
    key: 'handoff.enable',
    meaning: 'take hand-offs of pipelines',
    kind: boolean,
    default: 'false',
    commands: ['run'],
    state: USED,
    own: true,
  },
  handoffConfig: {
    flag: '--handoff-config',
    contentKey: 'handoff.yaml',
    meaning: 'handoff.yaml, which says which pipelines may hand off what',
    kind: filledText('<file>'),
    default: '/app/config/handoff.yaml',
    commands: ['run', 'serve', 'lint'],
    state: USED,
    own: true,
  },
  handoffPort: {
    flag: '--handoff-port',
    variable: 'TIPHYS_HANDOFF_PORT',
    key: 'handoff.port',
    meaning: 'where hand-offs are taken; 0 for any free port',
    kind: integer(0, HIGHEST_PORT),
    default: '8083',
    commands: ['run', 'serve'],
    state: USED,
    own: true,
  },
} as const satisfies Readonly<Record<string, Setting>>;
