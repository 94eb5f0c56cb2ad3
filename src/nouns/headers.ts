/** Headers of ours that more than one room writes or reads. */

/** How many gateways of this kind a request has passed: against circles. */
export const HOP_HEADER = 'x-wasat-hop'
/** The same for each time that a client sends a request. */
export const IDEMPOTENCY_KEY_HEADER = 'x-idempotency-key'
