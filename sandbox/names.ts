export const providerNames = ['teleKartStars', 'tgMarket', 'tribute', 'aiMarket', 'gamesDrop'] as const;
export type ProviderName = (typeof providerNames)[number];

/** Everything the sandbox doubles: the providers, and n8n's own Data Tables. */
export const serviceNames = [...providerNames, 'n8n'] as const;
export type ServiceName = (typeof serviceNames)[number];
