/** Bounds that both the check and the search keep; apart, so that a check loads no search. */

/** Stores of one file search. */
export const STORES_MAX = 50
/** Passages that a file search may bring. */
export const TOP_K_MAX = 100
