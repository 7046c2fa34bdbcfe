import { providers } from '../providers.generated';
import type { Orders, Provider } from '../shared/node/operation';

/** A provider whose API tells how an order stands. */
export type LookUpProvider = Provider & { orders: Orders };

export const canLookUp = (provider: Provider): provider is LookUpProvider => provider.orders !== undefined;

const sells = ({ operations }: Provider): boolean =>
	operations.some((operation) => 'isOrder' in operation && operation.isOrder);

const all: readonly Provider[] = providers;

/** Every provider that has orders. Those that cannot be looked up have events of their rows alone. */
export const orderProviders: Provider[] = all
	.filter((provider) => canLookUp(provider) || sells(provider))
	.sort((one, other) => one.displayName.localeCompare(other.displayName));

export const lookUpProviders: LookUpProvider[] = orderProviders.filter(canLookUp);
