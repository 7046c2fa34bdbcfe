import { providers } from '../providers.generated';
import type { Orders, Provider } from '../shared/node/operation';

/** A provider whose orders can be looked up. */
export type Followed = Provider & { orders: Orders };

const isFollowed = (provider: Provider): provider is Followed => provider.orders !== undefined;

/** Providers whose API can tell how an order stands. */
export const followed: Followed[] = providers
	.filter(isFollowed)
	.sort((one, other) => one.displayName.localeCompare(other.displayName));
