import { providers } from '../providers.generated';
import type { Catalog, Provider } from '../shared/node/operation';

/** A provider whose products can be watched. */
export type CatalogProvider = Provider & { catalog: Catalog };

const all: readonly Provider[] = providers;

export const catalogProviders: CatalogProvider[] = all
	.filter((provider): provider is CatalogProvider => provider.catalog !== undefined)
	.sort((one, other) => one.displayName.localeCompare(other.displayName));
