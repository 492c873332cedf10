/** All that one frame of the graph shows. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import type { InstanceState } from '@tagmill/shared/words';
import type { ThemeName, Tokens } from '../theme/tokens.ts';
import type { Camera } from './camera.ts';
import type { Layout } from './layout.ts';

export interface PreviewMark {
  readonly to: InstanceState;
  readonly label: string;
}

export interface CardText {
  /** Progress, or why it waits. */
  readonly left: string;
  /** The same in fewer letters, where the card is too narrow. */
  readonly short?: string;
  /** Time taken so far. */
  readonly right: string;
}

export interface Scene {
  readonly layout: Layout;
  readonly records: Readonly<Record<string, InstanceRecord>>;
  readonly tokens: Tokens;
  readonly themeName: ThemeName;
  readonly selected: ReadonlySet<string>;
  /** Nodes up- and downstream of the selection; null without one. */
  readonly path: ReadonlySet<string> | null;
  readonly hover: string | null;
  /** Nodes that pass the filter; null without one. */
  readonly shown: ReadonlySet<string> | null;
  /** What the open preview would touch; null without one. */
  readonly preview: ReadonlyMap<string, PreviewMark> | null;
  readonly asked: ReadonlySet<string>;
  readonly cardText: (record: InstanceRecord) => CardText;
  readonly laneText: (lane: string) => { readonly name: string; readonly done: string };
  readonly columnText: (level: number, kind: 'plan' | 'task' | 'report') => string;
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly camera: Camera;
}
