import { nodeProperties } from '../shared/engine/properties';
import { provider } from './provider';

export { eventOptions } from './webhook';

export const properties = nodeProperties(provider);
