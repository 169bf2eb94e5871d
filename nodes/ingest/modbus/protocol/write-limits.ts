/** So many writes wait for their turn, of one node and of a connection, should messages come faster than a device takes them. */
export const MOST_WAITING_WRITES = 1000;

/** A write that has not been sent so long after its message came is not sent any more: a set-point of a while ago does harm in a plant. */
export const LONGEST_WRITE_WAIT_MS = 10_000;
