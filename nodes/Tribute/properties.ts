import { nodeProperties } from '../shared/node/properties';
import { provider } from './provider';

export { eventOptions } from './webhook';

export const properties = nodeProperties(provider);
