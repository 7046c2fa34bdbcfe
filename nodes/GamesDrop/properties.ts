import { nodeProperties } from '../shared/engine/properties';
import { provider } from './provider';

export const properties = nodeProperties(provider);
