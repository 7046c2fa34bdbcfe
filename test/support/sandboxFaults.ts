import type { ControlInput } from '../../sandbox/control';

/** A fault the sandbox can inject. */
export type Fault = ControlInput['fault']['fault'];

/** What else a fault can say: which requests it hits, and how often. */
export type FaultOptions = Partial<ControlInput['fault']>;

/** Makes the provider answer with exactly this. */
export const answer = (body: unknown, status = 200): Fault => ({ type: 'refuse', status, body });
