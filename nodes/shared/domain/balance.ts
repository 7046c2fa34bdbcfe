/** A wallet. Keys are always present; unknown is null. Amounts are decimals in `currency`. */
export interface Balance {
	/** The provider's node name. */
	provider: string;
	/** What can be spent now. */
	available: number | null;
	/** What is reserved for orders under way. */
	locked: number | null;
	total: number | null;
	/** Upper case, e.g. `USD`. */
	currency: string | null;
}
