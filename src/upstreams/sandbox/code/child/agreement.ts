/**
 * What the gateway and its child agree on.
 * In, on stdin: a length (4 bytes, big-endian), that many bytes of snapshot; later `RUN_MARK` and the program, to its end.
 * Out, on stdout: what the program prints, and nothing else. Out, on `CONTROL`: `READY_MARK`, and when the program has
 * ended one of the outcome marks. The child then closes both; one that does so without a mark has crashed.
 * A program that broke out of Python could at worst forge its own outcome, which it decides anyway.
 */
export const STDIN = 0
export const STDOUT = 1
export const CONTROL = 3

export const LENGTH_BYTES = 4
export const RUN_MARK = 0x02
export const READY_MARK = 0x06
export const OK_MARK = 0x10
export const FAILED_MARK = 0x11

/** Of stdout and stderr together; the rest is thrown away. */
export const OUTPUT_BYTES_MAX = 64 * 1024
