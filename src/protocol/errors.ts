/** The closed table of errors: one code, one HTTP status, one thread-protocol code, retryable or not. */
export const errorTable = {
  invalid_argument: { status: 400, wire: "invalid_argument", retryable: false },
  unknown_command: { status: 400, wire: "unknown_command", retryable: false },
  unauthenticated: { status: 401, wire: "permission_denied", retryable: false },
  permission_denied: { status: 403, wire: "permission_denied", retryable: false },
  no_such_thread: { status: 404, wire: "invalid_argument", retryable: false },
  no_such_run: { status: 404, wire: "no_such_run", retryable: false },
  no_such_graph: { status: 404, wire: "invalid_argument", retryable: false },
  no_such_checkpoint: { status: 404, wire: "no_such_checkpoint", retryable: false },
  no_such_namespace: { status: 404, wire: "no_such_namespace", retryable: false },
  no_such_interrupt: { status: 409, wire: "no_such_interrupt", retryable: false },
  invalid_answer: { status: 400, wire: "invalid_argument", retryable: false },
  interrupts_open: { status: 409, wire: "invalid_argument", retryable: false },
  too_late: { status: 409, wire: "no_such_interrupt", retryable: false },
  graph_changed: { status: 409, wire: "no_such_interrupt", retryable: false },
  thread_exists: { status: 409, wire: "invalid_argument", retryable: false },
  assistant_exists: { status: 409, wire: "invalid_argument", retryable: false },
  thread_busy: { status: 422, wire: "invalid_argument", retryable: false },
  state_busy: { status: 409, wire: "invalid_argument", retryable: false },
  lease_lost: { status: 409, wire: "unknown_error", retryable: false },
  too_many_streams: { status: 429, wire: "invalid_argument", retryable: true },
  payload_too_large: { status: 413, wire: "invalid_argument", retryable: false },
  unsupported_media_type: { status: 415, wire: "invalid_argument", retryable: false },
  not_supported: { status: 501, wire: "not_supported", retryable: false },
  store_in_use: { status: 503, wire: "unknown_error", retryable: false },
  store_unavailable: { status: 503, wire: "unknown_error", retryable: true },
  not_found: { status: 404, wire: "unknown_command", retryable: false },
  internal: { status: 500, wire: "unknown_error", retryable: false },
} as const satisfies Record<string, { status: number; wire: WireErrorCode; retryable: boolean }>;

/** Error codes of the thread protocol (`@langchain/protocol`, `ErrorCode`). */
export type WireErrorCode =
  | "invalid_argument"
  | "unknown_command"
  | "unknown_error"
  | "no_such_run"
  | "no_such_subscription"
  | "no_such_namespace"
  | "no_such_interrupt"
  | "no_such_checkpoint"
  | "permission_denied"
  | "not_supported";

export type ErrorCode = keyof typeof errorTable;

/**
 * The one error class of the project. `message` says what is wrong and ends with what to do next;
 * `details` is JSON that goes to the client as it is, so it holds nothing secret.
 */
export class CountersignError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "CountersignError";
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** True for a {@link CountersignError}, with `code` narrowed when one is given. */
export function isCountersignError(error: unknown, code?: ErrorCode): error is CountersignError {
  return error instanceof CountersignError && (code === undefined || error.code === code);
}
