import { nodeProperties } from '../shared/node/properties';
import { provider } from './provider';

export const properties = nodeProperties(provider);
